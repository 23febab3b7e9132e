# Writes agreement.json: intraclass correlations by psych, limits of agreement by base R.
# Run in this folder: Rscript agreement.R   (needed only to make the file anew)

suppressMessages(library(psych))
cases <- list()
add <- function(id, fn, source, inputs, options, expected, tolerance = 1e-9, note = "") {
  cases[[length(cases) + 1]] <<- list(
    id = id, `function` = fn, source = source, inputs = inputs, options = options,
    expected = expected, tolerance = tolerance, note = note
  )
}

# The ratings of Shrout and Fleiss (1979), table 2.
judges <- matrix(
  c(9, 2, 5, 8, 6, 1, 3, 2, 8, 4, 6, 8, 7, 1, 2, 6, 10, 5, 6, 9, 6, 2, 4, 7), ncol = 4, byrow = TRUE
)
family <- cbind(
  c(22.3, 17.1, 31.9, 8.4, 25.0, 28.8, 12.6, NA, 19.9, 35.5),
  c(25.1, 15.8, 33.0, 14.9, 24.2, 33.7, 11.0, 20.0, 22.5, 36.1)
)
against <- cbind(c(1, 5, 3, 2, 6), c(6, 2, 3, 5, 1), c(2, 2, 4, 6, 3))
tables <- list(judges = judges, family = family, against = against)
for (name in names(tables)) {
  ratings <- tables[[name]]
  complete <- ratings[stats::complete.cases(ratings), ]
  for (level in c(0.95, 0.8)) {
    # lmer = FALSE: the analysis of variance, which the formulas are about.
    fit <- ICC(complete, lmer = FALSE, alpha = 1 - level)$results
    for (model in c("A1", "C1")) {
      row <- fit[fit$type == c(A1 = "ICC2", C1 = "ICC3")[[model]], ]
      add(
        sprintf("icc_%s_%s_at_%.2f", model, name, level), "icc",
        sprintf("psych %s, ICC(lmer = FALSE)", packageVersion("psych")),
        list(ratings = ratings), list(model = model, level = level, missing = "omit"),
        list(
          estimate = row$ICC, ci_low = row$`lower bound`, ci_high = row$`upper bound`,
          n = nrow(complete), n_missing = nrow(ratings) - nrow(complete)
        )
      )
    }
  }
}

first <- family[, 1]
second <- c(family[-1, 2], NA)
known <- !is.na(first) & !is.na(second)
difference <- (first - second)[known]
average <- ((first + second) / 2)[known]
n <- sum(known)
for (coverage in c(0.95, 0.9)) {
  for (level in c(0.95, 0.8)) {
    z <- qnorm((1 + coverage) / 2)
    t <- qt((1 + level) / 2, n - 1)
    tails <- c((1 - level) / 2, (1 + level) / 2)
    limits <- mean(difference) + c(-1, 1) * z * sd(difference)
    line <- lm(difference ~ average)
    slope <- confint(line, level = level)[2, ]
    half <- t * sd(difference) * sqrt(1 / n + z^2 / (2 * (n - 1)))
    exact <- sd(difference) * qt(tails, n - 1, ncp = z * sqrt(n)) / sqrt(n)
    shared <- list(
      bias.estimate = mean(difference), bias.sd = sd(difference),
      bias.ci_low = t.test(difference, conf.level = level)$conf.int[1],
      lower_limit.estimate = limits[1], upper_limit.estimate = limits[2],
      slope.estimate = unname(coef(line)[2]), slope.ci_low = slope[[1]], slope.ci_high = slope[[2]],
      n = n, n_missing = sum(!known)
    )
    intervals <- list(
      exact = list(
        lower_limit.ci_low = mean(difference) - exact[2],
        lower_limit.ci_high = mean(difference) - exact[1],
        upper_limit.ci_low = mean(difference) + exact[1],
        upper_limit.ci_high = mean(difference) + exact[2]
      ),
      approximate = list(
        lower_limit.ci_low = limits[1] - half, lower_limit.ci_high = limits[1] + half,
        upper_limit.ci_low = limits[2] - half, upper_limit.ci_high = limits[2] + half
      )
    )
    for (ci in names(intervals)) {
      add(
        sprintf("bland_altman_%s_%.2f_at_%.2f", ci, coverage, level), "bland_altman",
        "base R: lm, t.test, qt with ncp", list(first = first, second = second),
        list(coverage = coverage, ci = ci, level = level, missing = "omit"),
        c(shared, intervals[[ci]]),
        tolerance = 1e-8
      )
    }
  }
}

writeLines(
  jsonlite::toJSON(cases, auto_unbox = TRUE, digits = NA, na = "null", pretty = 2), "agreement.json"
)
