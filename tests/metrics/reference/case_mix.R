# Writes case_mix.json: indirect standardisation by lm and glm on the splines of Hmisc, fitted anew
# without each unit; clusters by sandwich, the variance between units by metafor.
# Run in this folder: Rscript case_mix.R   (needed only to make the file anew)

suppressMessages({
  library(metafor)
  library(sandwich)
})

cases <- list()
add <- function(...) cases[[length(cases) + 1]] <<- list(...)

set.seed(20)
sizes <- c(6, 9, 12, 15, 22, 30, 41)
n <- sum(sizes)
rows <- data.frame(
  unit = rep(letters[1:7], sizes), intake = round(pmin(pmax(rnorm(n, 21, 8), 0), 40), 1),
  age = sample(c("child", "youth", "adult"), n, TRUE), service = sample(1:2, n, TRUE),
  worker = sample(1:5, n, TRUE)
)
shift <- setNames(c(-3, 2, 0, 1.5, -1, 0.5, 0), letters[1:7])
rows$outcome <- round(
  10 + 0.9 * rows$intake - 0.008 * rows$intake^2 + 2 * (rows$age == "adult") +
    shift[rows$unit] + rnorm(n, 0, 6), 1
)
rows$reached <- as.numeric(runif(n) < plogis(-2 + 0.08 * rows$intake + 0.3 * shift[rows$unit]))
rows <- rows[sample(n), ]
given <- rows
given$outcome[c(3, 50)] <- NA
given$intake[11] <- NA

columns <- function(data) list(intake = data$intake, unit = data$unit)
categories <- function(data) list(age = data$age, service = data$service)
source <- "base R lm on Hmisc::rcspline.eval(norm = 2), sandwich, metafor"

fit_formula <- function(knots, left) {
  if (is.null(knots)) {
    return(as.formula(paste(left, "~ intake + age + factor(service)")))
  }
  as.formula(paste(left, "~ Hmisc::rcspline.eval(intake, knots = knots, inclx = TRUE)",
    "+ age + factor(service)"))
}

complete <- na.omit(given)
levels_of_unit <- sort(unique(complete$unit))
for (n_knots in c(0, 4, 5)) {
  knots <- if (n_knots) unname(quantile(complete$intake, seq(.05, .95, length = n_knots)))
  formula <- fit_formula(knots, "outcome")
  environment(formula) <- environment()
  model <- lm(formula, complete)
  x <- model.matrix(model)
  hat <- x %*% solve(crossprod(x), t(x))
  for (own in c("included", "left_out")) {
    residual <- setNames(rep(NA, nrow(complete)), rownames(complete))
    difference <- error <- df <- c()
    for (unit in levels_of_unit) {
      is_own <- complete$unit == unit
      size <- sum(is_own)
      if (own == "included") {
        residual[is_own] <- resid(model)[is_own]
        error[unit] <- sigma(model) * sqrt(1 / size - sum(hat[is_own, is_own]) / size^2)
        df[unit] <- df.residual(model)
      } else {
        others <- lm(formula, complete[!is_own, ])
        residual[is_own] <- complete$outcome[is_own] - predict(others, complete[is_own, ])
        mean_row <- colMeans(x[is_own, , drop = FALSE])
        error[unit] <- sqrt(sigma(others)^2 / size + drop(mean_row %*% vcov(others) %*% mean_row))
        df[unit] <- df.residual(others)
      }
      difference[unit] <- mean(residual[is_own])
    }
    observed <- tapply(complete$outcome, complete$unit, mean)
    for (interval in c("fixed", "cluster", "empirical_bayes")) {
      estimate <- difference
      se <- error
      shrinkage <- rep(1, 7)
      half <- qt(0.975, df) * se
      if (interval == "cluster") {
        se <- m <- c()
        for (unit in levels_of_unit) {
          part <- data.frame(r = residual[complete$unit == unit])
          worker <- complete$worker[complete$unit == unit]
          se[unit] <- sqrt(vcovCL(lm(r ~ 1, part), worker, type = "HC0", cadjust = TRUE)[1])
          m[unit] <- length(unique(worker))
        }
        half <- qt(0.975, m - 1) * se
      }
      if (interval == "empirical_bayes") {
        means <- tapply(resid(model), complete$unit, mean)
        within <- sum((resid(model) - means[complete$unit])^2) / (df.residual(model) - 6)
        se <- error * sqrt(within) / sigma(model)
        tau2 <- rma(difference, sei = se, control = list(threshold = 1e-14, maxiter = 1000))$tau2
        shrinkage <- tau2 / (tau2 + se^2)
        estimate <- shrinkage * difference
        # Morris (1983): the variance between units is estimated too.
        uncertain <- 2 / (7 - 2) * (1 - shrinkage)^2 * (mean(se^2) + tau2) / (se^2 + tau2)
        half <- qnorm(0.975) * sqrt(shrinkage * se^2 + uncertain * difference^2)
      }
      expected <- list(
        estimate = unname(estimate), ci_low = unname(estimate - half),
        ci_high = unname(estimate + half), standard_error = unname(se),
        observed = unname(observed), expected = unname(observed - difference),
        shrinkage = unname(shrinkage), n = unname(c(table(complete$unit))),
        n_missing = 3, residual_sd = sigma(model), r_squared = summary(model)$r.squared
      )
      options <- list(
        categories = categories(given), knots = if (n_knots) n_knots else NULL, own_rows = own,
        interval = interval, missing = "omit"
      )
      if (n_knots == 0) options["knots"] <- list(NULL)
      if (interval == "cluster") options$cluster <- given$worker
      add(
        id = sprintf("case_mix_difference_%s_%s_%d_knots", own, interval, n_knots),
        `function` = "case_mix_difference", source = source,
        inputs = c(list(outcome = given$outcome), columns(given)), options = options,
        expected = expected, tolerance = 1e-8, note = ""
      )
    }
  }
}

knots <- unname(quantile(rows$intake, seq(.05, .95, length = 4)))
formula <- fit_formula(knots, "reached")
environment(formula) <- environment()
model <- glm(formula, binomial, rows, control = glm.control(epsilon = 1e-15, maxit = 100))
x <- model.matrix(model)
w <- model$weights
levels_of_unit <- sort(unique(rows$unit))
for (interval in c("score", "normal", "byar")) {
  found <- sapply(levels_of_unit, function(unit) {
    own <- rows$unit == unit
    p <- fitted(model)[own]
    o <- sum(rows$reached[own])
    g <- colSums(w[own] * x[own, ])
    se <- sqrt(sum(w[own]) - drop(g %*% vcov(model) %*% g))
    z <- qnorm(0.975)
    shifted <- function(sign) {
      q <- function(a) plogis(qlogis(p) + a)
      root <- uniroot(
        function(a) o - sum(q(a)) - sign * z * sqrt(sum(q(a) * (1 - q(a)))), c(-15, 15),
        tol = 1e-14
      )$root
      sum(q(root))
    }
    limits <- switch(interval,
      score = c(shifted(1), shifted(-1)), normal = c(max(0, o - z * se), o + z * se),
      byar = c(
        o * (1 - 1 / (9 * o) - z / (3 * sqrt(o)))^3,
        (o + 1) * (1 - 1 / (9 * (o + 1)) + z / (3 * sqrt(o + 1)))^3
      )
    )
    c(o / sum(p), limits / sum(p), o, sum(p), (o - sum(p)) / se)
  })
  add(
    id = sprintf("case_mix_ratio_%s", interval), `function` = "case_mix_ratio",
    source = "base R, glm and uniroot",
    inputs = c(list(outcome = rows$reached), columns(rows)),
    options = list(categories = categories(rows), knots = 4, interval = interval),
    expected = setNames(
      lapply(1:6, function(i) unname(found[i, ])),
      c("estimate", "ci_low", "ci_high", "observed", "expected", "z")
    ),
    tolerance = 1e-8, note = ""
  )
}

x <- c(-3, 0, 1.7, 5, 9.9, 14, 20, 33)
places <- c(1, 6, 11, 19, 25)
basis <- Hmisc::rcspline.eval(x, knots = places, inclx = TRUE, norm = 2)
add(
  id = "case_mix_spline_basis", `function` = "case_mix_spline_columns",
  source = "Hmisc, rcspline.eval", inputs = list(values = x, knots = places),
  options = setNames(list(), character(0)),
  expected = setNames(lapply(1:4, function(i) c(basis[, i])), paste0("column_", 1:4)),
  tolerance = 1e-11, note = ""
)
many <- rows$intake
for (k in 3:7) {
  add(
    id = sprintf("case_mix_spline_knots_%d", k), `function` = "case_mix_spline_knots",
    source = "Hmisc, rcspline.eval", inputs = list(values = many, n_knots = k),
    options = setNames(list(), character(0)),
    expected = list(
      knots = unname(Hmisc::rcspline.eval(many, nk = k, knots.only = TRUE, fractied = 0))
    ),
    tolerance = 1e-12, note = ""
  )
}

# One case a line.
lines <- sapply(
  cases, jsonlite::toJSON, auto_unbox = TRUE, digits = NA, na = "null", null = "null"
)
writeLines(c("[", paste(lines, collapse = ",\n"), "]"), "case_mix.json")
