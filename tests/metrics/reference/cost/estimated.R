# Writes estimated.json: the difference in used units between FIT and not yet FIT, by lm and
# clubSandwich, and its wild cluster bootstrap drawn row by row, every combination of signs once.
# Run in this folder: Rscript estimated.R   (needed only to make the file anew)

suppressMessages({
  library(clubSandwich)
  library(jsonlite)
})

set.seed(17)
rows <- function(teams, largest) {
  sizes <- sample(4:largest, teams, replace = TRUE)
  team <- rep(seq_len(teams), sizes)
  n <- length(team)
  from <- sample(1:9, teams, replace = TRUE)[team]
  fit <- as.numeric(sample(1:9, n, replace = TRUE) > from)
  service <- sample(c("early_support", "child_protection", "health"), n, replace = TRUE)
  age <- round(runif(n, 6, 17))
  planned <- sample(c(8, 12), n, replace = TRUE)
  used <- rpois(n, 9 + rnorm(teams, sd = 2)[team] - 1.5 * fit + 0.2 * (age - 10))
  data.frame(used, planned, fit, team, service, age, restricted = pmin(used, planned))
}

wild_p <- function(data, null) {
  covered <- model.matrix(~ age + service, data)
  whole <- cbind(covered, data$fit)
  y <- data$restricted - null * data$fit
  teams <- sort(unique(data$team))
  statistic <- function(outcomes) {
    outcomes <- as.matrix(outcomes)
    fitted <- lm.fit(whole, outcomes)
    residuals <- as.matrix(fitted$residuals)
    cleared <- lm.fit(covered, data$fit)$residuals
    slope <- as.matrix(fitted$coefficients)[ncol(whole), ]
    meat <- colSums(rowsum(cleared * residuals, data$team)^2)
    slope / (sqrt(meat) / sum(cleared^2))
  }
  restricted <- lm.fit(covered, y)
  signs <- as.matrix(expand.grid(rep(list(c(-1, 1)), length(teams))))
  drawn <- restricted$fitted.values + t(signs[, match(data$team, teams)]) * restricted$residuals
  own <- statistic(y)
  mean(abs(statistic(drawn)) >= abs(own) * (1 - 1e-9))
}

wild_limit <- function(data, estimate, step, level) {
  outer <- step
  while (wild_p(data, estimate + outer) > 1 - level) outer <- 2 * outer
  inner <- 0
  for (i in 1:26) {
    middle <- (inner + outer) / 2
    if (wild_p(data, estimate + middle) <= 1 - level) outer <- middle else inner <- middle
  }
  estimate + (inner + outer) / 2
}

case <- function(id, data, level, wild) {
  model <- lm(restricted ~ fit + age + service, data)
  tested <- coef_test(model, vcov = "CR2", cluster = data$team, test = "Satterthwaite")["fit", ]
  estimate <- tested$beta
  half <- qt((1 + level) / 2, tested$df_Satt) * tested$SE
  expected <- list(
    estimate = estimate, standard_error = tested$SE, df = tested$df_Satt,
    p_value = tested$p_Satt, ci_low = estimate - half, ci_high = estimate + half
  )
  if (wild) {
    expected$p_value <- wild_p(data, 0)
    expected$ci_low <- wild_limit(data, estimate, -tested$SE, level)
    expected$ci_high <- wild_limit(data, estimate, tested$SE, level)
  }
  list(
    id = id, source = paste("clubSandwich", packageVersion("clubSandwich"), "and base R"),
    inputs = list(
      used_units = data$used, planned_units = data$planned, is_fit = data$fit, teams = data$team,
      covariates = data$age, factors = list(service = data$service)
    ),
    options = list(level = level, ci = if (wild) "wild" else "cr2"), expected = expected
  )
}

ten <- rows(10, 12)
write_json(
  list(
    case("cr2_24_teams", rows(24, 20), 0.95, FALSE),
    case("cr2_10_teams_at_80", ten, 0.8, FALSE),
    case("wild_10_teams", ten, 0.95, TRUE),
    case("wild_11_teams_at_90", rows(11, 9), 0.9, TRUE)
  ),
  "estimated.json",
  auto_unbox = TRUE, digits = I(15), null = "null"
)
