# Writes pool.json: meta-analysis of summaries from metafor.
# Run in this folder: Rscript pool.R   (needed only to make the file anew)

suppressMessages(library(metafor))

cases <- list()
add <- function(...) cases[[length(cases) + 1]] <<- list(...)

bcg <- escalc(
  measure = "RR", ai = tpos, bi = tneg, ci = cpos, di = cneg, data = dat.bcg
)
sets <- list(
  # Heterogeneous, precision very unequal: DL and REML differ.
  bcg = list(y = as.numeric(bcg$yi), s = sqrt(as.numeric(bcg$vi))),
  # Q below its degrees of freedom: tau2 is 0, Hartung-Knapp narrower than normal.
  alike = list(y = c(0.52, 0.55, 0.49, 0.51, 0.58), s = c(0.10, 0.20, 0.08, 0.15, 0.30)),
  # Three areas, one large.
  three = list(y = c(0.31, 0.74, 0.95), s = c(0.05, 0.11, 0.24)),
  # A summary is missing in two places.
  gaps = list(
    y = c(0.80, NA, 0.42, 1.10, 0.63, 0.25), s = c(0.12, 0.10, 0.21, 0.33, NA, 0.09)
  ),
  two = list(y = c(0.30, 0.90), s = c(0.10, 0.25))
)
control <- list(threshold = 1e-14, maxiter = 5000, tol = 1e-13)

for (name in names(sets)) {
  y <- sets[[name]]$y
  s <- sets[[name]]$s
  ok <- !is.na(y + s)
  k <- sum(ok)
  inputs <- list(estimates = y, standard_errors = s)
  for (level in c(0.95, 0.9)) {
    percent <- 100 * level
    fit <- suppressWarnings(rma(y, sei = s, method = "FE", level = percent))
    profile <- confint(
      suppressWarnings(rma(y, sei = s, method = "DL", level = percent)),
      control = c(control, tau2.max = 1e4)
    )$random
    between <- list(
      tau2_low = profile["tau^2", "ci.lb"], tau2_high = profile["tau^2", "ci.ub"],
      i2_low = profile["I^2(%)", "ci.lb"] / 100, i2_high = profile["I^2(%)", "ci.ub"] / 100,
      q = fit$QE, q_p_value = fit$QEp, q_df = k - 1, n = k, n_missing = sum(!ok)
    )
    add(
      id = sprintf("pool_fixed_%s_%.2f", name, level), `function` = "pool_fixed_effect",
      source = "metafor 3.8, rma(method = \"FE\") and confint", inputs = inputs,
      options = list(level = level, missing = "omit"),
      expected = c(
        list(
          estimate = fit$b[1], standard_error = fit$se, ci_low = fit$ci.lb, ci_high = fit$ci.ub,
          weights = unname((weights(fit)) / 100)
        ),
        between
      ),
      tolerance = 1e-9, note = ""
    )
    for (tau2 in c("dl", "reml")) {
      for (ci in c("normal", "hartung_knapp", "hartung_knapp_widened")) {
        test <- c(normal = "z", hartung_knapp = "knha", hartung_knapp_widened = "adhoc")[[ci]]
        fit <- suppressWarnings(rma(
          y, sei = s, method = toupper(tau2), test = test, level = percent, control = control
        ))
        for (df in c(k - 2, k - 1)) {
          if (df == 0) next
          # Neither choice of degrees of freedom depends on the test here, as metafor's does.
          reach <- qt(1 - (1 - level) / 2, df) * sqrt(fit$tau2 + fit$se^2)
          add(
            id = sprintf("pool_random_%s_%s_%s_df_%d_%.2f", name, tau2, ci, df, level),
            `function` = "pool_random_effects",
            source = "metafor 3.8, rma and confint; prediction limits from its tau2 and se",
            inputs = inputs,
            options = list(
              tau2 = tau2, ci = ci, level = level, missing = "omit",
              prediction = if (df == k - 1) "t_k_minus_1" else "t_k_minus_2"
            ),
            expected = list(
              estimate = fit$b[1], standard_error = fit$se, ci_low = fit$ci.lb,
              ci_high = fit$ci.ub, tau2 = fit$tau2, i2 = fit$I2 / 100,
              prediction_low = fit$b[1] - reach, prediction_high = fit$b[1] + reach,
              q = between$q, n = k, n_missing = between$n_missing
            ),
            tolerance = 1e-9, note = ""
          )
        }
      }
    }
  }
}

# One case a line.
lines <- sapply(
  cases, jsonlite::toJSON, auto_unbox = TRUE, digits = NA, na = "null"
)
writeLines(c("[", paste(lines, collapse = ",\n"), "]"), "pool.json")
