# Writes models.json: multilevel models fitted by lme4, degrees of freedom by lmerTest.
# Run in this folder: Rscript models.R   (needed only to make the file anew)

suppressMessages({
  library(lme4)
  library(lmerTest)
  library(jsonlite)
})

control <- lmerControl(
  optimizer = "bobyqa", optCtrl = list(rhoend = 1e-12, maxfun = 1e5),
  check.nobs.vs.nlev = "ignore", check.nobs.vs.nRE = "ignore", calc.derivs = TRUE
)

# Another search from where lme4 stopped, on lme4's own deviance: its optimiser leaves the sixth digit.
refined <- function(formula, data, restricted) {
  parsed <- lFormula(formula, data, REML = restricted, control = control)
  deviance <- do.call(mkLmerDevfun, parsed)
  first <- optimizeLmer(deviance, optimizer = "bobyqa", control = list(rhoend = 1e-12))
  best <- first$par
  for (round in 1:5) {
    scale <- pmax(abs(best), 1e-3)
    found <- nlminb(best, deviance,
      lower = environment(deviance)$lower, scale = 1 / scale,
      control = list(rel.tol = 1e-15, x.tol = 1e-12)
    )
    if (found$objective <= deviance(best)) best <- found$par
  }
  best[abs(best) < 1e-6 & environment(deviance)$lower == 0] <- 0
  deviance(best)
  first$par <- best
  first$fval <- deviance(best)
  mkMerMod(environment(deviance), first, parsed$reTrms, parsed$fr)
}

cases <- list()
add <- function(id, kind, formula, data, inputs, source, restricted = TRUE, df = TRUE) {
  fit <- suppressMessages(suppressWarnings(refined(formula, data, restricted)))
  effects <- ranef(fit, condVar = TRUE)
  expected <- list(
    theta = unname(getME(fit, "theta")), sigma = sigma(fit),
    log_likelihood = as.numeric(logLik(fit)), coefficients = unname(fixef(fit)),
    standard_errors = unname(sqrt(diag(as.matrix(vcov(fit)))))
  )
  expected$effects <- lapply(effects, function(table) {
    variance <- attr(table, "postVar")
    list(
      label = rownames(table), effect = unname(as.list(table)),
      variance = lapply(seq_len(ncol(table)), function(k) variance[k, k, ])
    )
  })
  if (df) {
    tested <- suppressMessages(suppressWarnings(
      lmerTest::lmer(formula, data, REML = restricted, control = control)
    ))
    expected$df <- unname(coef(summary(tested))[, "df"])
  }
  cases[[length(cases) + 1]] <<- list(
    id = paste0(id, if (restricted) "_reml" else "_ml"), source = source, kind = kind,
    inputs = inputs, estimator = if (restricted) "reml" else "ml", expected = expected
  )
}

lme4_source <- paste("lme4", packageVersion("lme4"), "and lmerTest", packageVersion("lmerTest"))
data(Dyestuff, Dyestuff2, Pastes, sleepstudy, package = "lme4")

for (restricted in c(TRUE, FALSE)) {
  add("dyestuff", "intercept", Yield ~ 1 + (1 | Batch), Dyestuff,
    list(scores = Dyestuff$Yield, groups = as.character(Dyestuff$Batch)), lme4_source, restricted)
  add("dyestuff_without_variance", "intercept", Yield ~ 1 + (1 | Batch), Dyestuff2,
    list(scores = Dyestuff2$Yield, groups = as.character(Dyestuff2$Batch)), lme4_source, restricted,
    df = FALSE)
  add("pastes", "nested", strength ~ 1 + (1 | batch) + (1 | batch:cask), Pastes,
    list(scores = Pastes$strength, teams = as.character(Pastes$batch),
      workers = as.character(Pastes$cask)), lme4_source, restricted)
  add("sleepstudy", "slope", Reaction ~ Days + (Days | Subject), sleepstudy,
    list(scores = sleepstudy$Reaction, times = sleepstudy$Days,
      groups = as.character(sleepstudy$Subject)), lme4_source, restricted)
}

# Groups of 1 to 40 rows, two covariates that go with the group, a missing score.
set.seed(20)
unbalanced <- function(groups, spread, sigma, largest = 40) {
  sizes <- sample(1:largest, groups, replace = TRUE)
  sizes[1:2] <- 1
  group <- rep(seq_len(groups), sizes)
  lift <- rnorm(groups, sd = spread)
  other <- rnorm(groups) + 0.3 * lift / max(spread, 1)
  one <- round(rnorm(length(group)) + other[group] + 18, 2)
  two <- rbinom(length(group), 1, 0.3)
  score <- round(20 + 0.4 * one - 1.3 * two + lift[group] + rnorm(length(group), sd = sigma), 2)
  data.frame(score, one, two, group)
}
for (variance in list(c("small", 0.6), c("large", 60), c("none", 0))) {
  data <- unbalanced(23, as.numeric(variance[2]), 4)
  if (variance[1] == "none") {
    data$score <- round(data$score - ave(data$score, data$group) + 20 + data$one, 2)
  }
  for (restricted in c(TRUE, FALSE)) {
    inputs <- list(scores = data$score, groups = data$group, covariates = as.matrix(data[c("one", "two")]))
    inputs$scores[7] <- NA
    add(paste0("unbalanced_", variance[1]), "intercept", score ~ one + two + (1 | group), data[-7, ],
      inputs, lme4_source, restricted, df = variance[1] != "none")
  }
}

nested_rows <- function(spread_team, spread_worker, teams = 9) {
  workers <- sample(1:7, teams, replace = TRUE)
  team <- rep(seq_len(teams), workers)
  worker <- seq_along(team)
  sizes <- sample(1:14, length(team), replace = TRUE)
  lift <- rnorm(teams, sd = spread_team)[team] + rnorm(length(team), sd = spread_worker)
  data <- data.frame(team = rep(team, sizes), worker = rep(worker, sizes))
  data$one <- round(rnorm(nrow(data)), 2)
  data$score <- round(25 + 1.5 * data$one + rep(lift, sizes) + rnorm(nrow(data), sd = 5), 1)
  data
}
for (shape in list(c("both", 3, 2), c("no_worker", 3, 0), c("no_team", 0, 3))) {
  data <- nested_rows(as.numeric(shape[2]), as.numeric(shape[3]))
  add(paste0("nested_", shape[1]), "nested", score ~ one + (1 | team) + (1 | worker), data,
    list(scores = data$score, teams = data$team, workers = data$worker, covariates = data$one),
    lme4_source, df = shape[1] == "both")
}

slope_rows <- function(spread, slope_spread, correlation, groups = 25, late = 0) {
  sizes <- sample(1:12, groups, replace = TRUE)
  group <- rep(seq_len(groups), sizes)
  first <- rnorm(groups)
  second <- correlation * first + sqrt(1 - correlation^2) * rnorm(groups)
  time <- unlist(lapply(sizes, seq_len)) - 1 + late
  one <- round(rnorm(length(group)), 2)
  score <- round(
    20 + 0.5 * time + one + spread * first[group] + slope_spread * second[group] * time +
      rnorm(length(group), sd = 3), 1
  )
  data.frame(score, time, one, group)
}
for (shape in list(
  c("free", 4, 0.8, 0.3, 0), c("far_from_zero", 4, 0.8, 0.3, 50), c("equal", 3, 1, 1, 0),
  c("opposite", 4, 0.5, -1, 0), c("no_slope", 3, 0, 0, 0), c("no_intercept", 0, 2, 0, 0)
)) {
  numbers <- as.numeric(shape[-1])
  data <- slope_rows(numbers[1], numbers[2], numbers[3], late = numbers[4])
  add(paste0("slope_", shape[1]), "slope", score ~ time + one + (time | group), data,
    list(scores = data$score, times = data$time, groups = data$group, covariates = data$one),
    lme4_source, df = shape[1] == "free")
}

write_json(cases, "models.json", auto_unbox = TRUE, digits = I(15), na = "null")
for (case in cases) cat(case$id, format(case$expected$theta, digits = 6), "\n")
