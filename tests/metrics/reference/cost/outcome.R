# Writes outcome.json: Fieller's sets by the roots of their quadratic, clustered ratios, BCa limits
# of boot, and incremental cost-effectiveness by lm and clubSandwich.
# Run in this folder: Rscript outcome.R   (needed only to make the file anew)

suppressMessages({
  library(boot)
  library(clubSandwich)
  library(jsonlite)
})

set.seed(23)
cases <- list()
add <- function(...) cases[[length(cases) + 1]] <<- list(...)

# Ratios r with (a - r b)^2 - t^2 (va - 2 r c + r^2 vb) <= 0.
solved <- function(a, b, va, vb, c, t) {
  square <- b^2 - t^2 * vb
  roots <- polyroot(c(a^2 - t^2 * va, -2 * (a * b - t^2 * c), square))
  ends <- sort(Re(roots))
  if (square > 0) {
    list(set_kind = "interval", ci_low = ends[1], ci_high = ends[2])
  } else if (max(abs(Im(roots))) > 1e-6 * max(Mod(roots))) {
    list(set_kind = "whole_line")
  } else {
    list(set_kind = "complement", excluded_low = ends[1], excluded_high = ends[2])
  }
}

for (x in list(
  list(900, 0.5, 400, 0.0025, 0.2, NULL), list(900, 0.5, 40000, 0.0025, -5, 7),
  list(900, 0.05, 400, 0.0025, 0.2, NULL), list(1, 0.05, 400, 0.0025, 0.2, 12),
  list(-300, 0.2, 2500, 0.001, 0, NULL), list(300, -0.2, 2500, 0.001, 0.9, 20)
)) {
  for (level in c(0.95, 0.8)) {
    t <- if (is.null(x[[6]])) qnorm((1 + level) / 2) else qt((1 + level) / 2, x[[6]])
    options <- list(level = level)
    if (!is.null(x[[6]])) options$df <- x[[6]]
    add(
      id = sprintf("fieller_%g_by_%g_at_%g", x[[1]], x[[2]], level), `function` = "fieller",
      source = "the quadratic in base R, polyroot",
      inputs = list(
        numerator = x[[1]], denominator = x[[2]], variance_numerator = x[[3]],
        variance_denominator = x[[4]], covariance = x[[5]]
      ),
      options = options, tolerance = 1e-8,
      expected = c(list(estimate = x[[1]] / x[[2]]), solved(x[[1]], x[[2]], x[[3]], x[[4]], x[[5]], t))
    )
  }
}

episodes <- function(teams, largest) {
  sizes <- sample(2:largest, teams, replace = TRUE)
  team <- rep(seq_len(teams), sizes)
  cost <- round(rlnorm(length(team), 7 + rnorm(teams, sd = 0.3)[team], 0.8), 2)
  outcome <- rbinom(length(team), 1, plogis(rnorm(teams, sd = 0.4)[team]))
  outcome[sample(length(team), 5)] <- NA
  data.frame(team, cost, outcome)
}
data <- episodes(12, 15)
for (clustered in c(TRUE, FALSE)) {
  unit <- if (clustered) data$team else seq_len(nrow(data))
  totals <- rowsum(cbind(data$cost, ifelse(is.na(data$outcome), 0, data$outcome)), unit)
  count <- nrow(totals)
  means <- colMeans(totals)
  spread <- cov(totals) / count
  inputs <- list(costs = data$cost, outcomes = data$outcome)
  if (clustered) inputs$clusters <- data$team
  add(
    id = paste0("cost_per_outcome_", if (clustered) "teams" else "episodes"),
    `function` = "cost_per_outcome", source = "base R, cov of totals",
    inputs = inputs, options = list(level = 0.9), tolerance = 1e-8,
    expected = c(
      list(estimate = means[[1]] / means[[2]], n_clusters = count, n_unmeasured = 5),
      solved(means[[1]], means[[2]], spread[1, 1], spread[2, 2], spread[1, 2], qt(0.95, count - 1))
    )
  )
  if (clustered) {
    ratio <- function(x, i) sum(x[i, 1]) / sum(x[i, 2])
    drawn <- boot(totals, ratio, R = 499)
    influence <- empinf(data = totals, statistic = ratio, type = "jack", stype = "i")
    limits <- boot.ci(drawn, conf = 0.9, type = "bca", L = influence - mean(influence))$bca
    add(
      id = "bca_of_teams", `function` = "bca", source = paste("boot", packageVersion("boot")),
      inputs = c(inputs, list(indices = boot.array(drawn, indices = TRUE) - 1)),
      options = list(level = 0.9), tolerance = 1e-8,
      expected = list(ci_low = limits[4], ci_high = limits[5])
    )
  }
}

compare <- function(id, teams, lower_is_better, with_age, with_season = FALSE) {
  sizes <- sample(6:14, teams, replace = TRUE)
  team <- rep(seq_len(teams), sizes)
  n <- length(team)
  fit <- rbinom(n, 1, 0.5)
  age <- round(runif(n, 6, 17))
  cost <- round(rgamma(n, 4, scale = 500) + 700 * fit + rnorm(teams, sd = 200)[team], 2)
  chance <- if (lower_is_better) 0.6 - 0.35 * fit else 0.3 + 0.35 * fit
  effect <- rbinom(n, 1, chance)
  better <- if (lower_is_better) -effect else effect
  season <- if (with_season) sample(c("autumn", "spring", "winter"), n, replace = TRUE) else "none"
  adjusted <- c(if (with_age) "age", if (with_season) "season", "fit")
  tested <- function(outcome) {
    model <- lm(reformulate(adjusted, "outcome"), data.frame(outcome, age, season, fit))
    coef_test(model, vcov = "CR2", cluster = team, test = "Satterthwaite")["fit", ]
  }
  t <- function(level) qt((1 + level) / 2, tested(cost)$df_Satt)
  values <- c(0, 1000, 4000, 20000)
  benefits <- lapply(values, function(w) tested(w * better - cost))
  beta <- sapply(benefits, function(x) x$beta)
  error <- sapply(benefits, function(x) x$SE)
  df <- tested(cost)$df_Satt
  edge <- function(w, sign) {
    x <- tested(w * better - cost)
    x$beta + sign * t(0.9) * x$SE
  }
  ratio <- tested(cost)$beta / tested(better)$beta
  inputs <- list(costs = cost, effects = effect, is_fit = fit, teams = team)
  if (with_age) inputs$covariates <- age
  if (with_season) inputs$factors <- list(season = season)
  limits <- function(x) x$beta + c(-1, 1) * t(0.9) * x$SE
  add(
    id = id, `function` = "compare_costs",
    source = paste("clubSandwich", packageVersion("clubSandwich")), inputs = inputs,
    options = list(
      level = 0.9, willingness_to_pay = values, recorded_in_both_periods = TRUE,
      direction = if (lower_is_better) "lower_is_better" else "higher_is_better"
    ),
    tolerance = 1e-7,
    expected = list(
      incremental_cost = tested(cost)$beta, incremental_effect = tested(better)$beta,
      cost_error = tested(cost)$SE, effect_error = tested(better)$SE, df = df, estimate = ratio,
      cost_low = limits(tested(cost))[1], cost_high = limits(tested(cost))[2],
      effect_low = limits(tested(better))[1], effect_high = limits(tested(better))[2],
      ci_low = uniroot(edge, c(0, ratio), sign = 1, tol = 1e-11)$root,
      ci_high = uniroot(edge, c(ratio, 50 * ratio), sign = -1, tol = 1e-11)$root,
      net_benefit = beta, net_benefit_low = beta - t(0.9) * error,
      net_benefit_high = beta + t(0.9) * error, acceptability = pt(beta / error, df)
    )
  )
}
compare("returns_of_14_teams", 14, TRUE, FALSE)
compare("outcome_of_25_teams_by_age", 25, FALSE, TRUE)
compare("returns_of_22_teams_by_age_and_season", 22, TRUE, TRUE, TRUE)

# Published data: what is printed of them is in test_cost_outcome.py, the rest is worked out here.
paired <- data.frame(split(sleep$extra, sleep$group))
spread <- cov(paired) / nrow(paired)
add(
  id = "student_1908_soporifics", `function` = "fieller",
  source = "datasets::sleep (Student 1908, Biometrika 6, 1-25); the quadratic in base R",
  inputs = list(
    numerator = mean(paired[, 1]), denominator = mean(paired[, 2]), variance_numerator = spread[1, 1],
    variance_denominator = spread[2, 2], covariance = spread[1, 2]
  ),
  options = list(df = nrow(paired) - 1), tolerance = 1e-8,
  expected = c(
    list(estimate = mean(paired[, 1]) / mean(paired[, 2])),
    solved(
      mean(paired[, 1]), mean(paired[, 2]), spread[1, 1], spread[2, 2], spread[1, 2],
      qt(0.975, nrow(paired) - 1)
    )
  )
)
by_group <- t.test(sleep$extra[sleep$group == 1], sleep$extra[sleep$group == 2], paired = TRUE)
add(
  id = "student_1908_difference", `function` = "compare_costs",
  source = "datasets::sleep (Student 1908); t.test of pairs",
  inputs = list(
    costs = sleep$extra, effects = as.integer(sleep$ID) * 1.0, is_fit = as.integer(sleep$group) - 1,
    teams = as.integer(sleep$ID)
  ),
  options = list(
    willingness_to_pay = I(0), recorded_in_both_periods = TRUE, direction = "higher_is_better"
  ),
  tolerance = 1e-8,
  expected = list(
    incremental_cost = -by_group$estimate[[1]], cost_error = by_group$stderr,
    df = by_group$parameter[[1]], net_benefit = I(by_group$estimate[[1]]),
    net_benefit_low = I(by_group$conf.int[1]), net_benefit_high = I(by_group$conf.int[2]),
    acceptability = I(pt(by_group$statistic[[1]], by_group$parameter[[1]]))
  )
)
means <- colMeans(city)[c("x", "u")]
spread <- cov(city[, c("x", "u")]) / nrow(city)
add(
  id = "davison_hinkley_1997_cities", `function` = "cost_per_outcome",
  source = "boot::city (Davison & Hinkley 1997, Table 1.3); base R, cov",
  inputs = list(costs = city$x, outcomes = city$u), options = list(level = 0.95), tolerance = 1e-8,
  expected = c(
    list(estimate = means[[1]] / means[[2]], n = nrow(city)),
    solved(means[[1]], means[[2]], spread[1, 1], spread[2, 2], spread[1, 2], qt(0.975, nrow(city) - 1))
  )
)
drawn <- boot(as.matrix(city[, c("x", "u")]), ratio, R = 999)
influence <- empinf(data = as.matrix(city[, c("x", "u")]), statistic = ratio, type = "jack", stype = "i")
limits <- boot.ci(drawn, conf = 0.95, type = "bca", L = influence - mean(influence))$bca
add(
  id = "davison_hinkley_1997_cities_bca", `function` = "bca",
  source = paste("boot::city (Davison & Hinkley 1997, Table 1.3); boot", packageVersion("boot")),
  inputs = list(
    costs = city$x, outcomes = city$u, clusters = seq_len(nrow(city)),
    indices = boot.array(drawn, indices = TRUE) - 1
  ),
  options = list(level = 0.95), tolerance = 1e-8,
  expected = list(ci_low = limits[4], ci_high = limits[5])
)

write_json(cases, "outcome.json", auto_unbox = TRUE, digits = I(15), null = "null", na = "null")
