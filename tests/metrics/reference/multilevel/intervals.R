# Writes intervals.json: profile-likelihood and exact intervals from the dense likelihood.
# Run in this folder: Rscript intervals.R   (needed only to make the file anew)
#
# No formula is shared with the library: the covariance matrix of all rows is built and factorised
# as it stands, and every profile is searched with nlminb from several starts.

suppressMessages({
  library(lme4)
  library(jsonlite)
})
data(Dyestuff, Pastes, sleepstudy, package = "lme4")

dense <- function(y, x, v, restricted) {
  root <- tryCatch(chol(v), error = function(e) NULL)
  if (is.null(root)) return(1e10)
  wx <- backsolve(root, x, transpose = TRUE)
  wy <- backsolve(root, y, transpose = TRUE)
  left <- lm.fit(wx, wy)
  value <- length(y) * log(2 * pi) + 2 * sum(log(diag(root))) + sum(left$residuals^2)
  if (restricted) {
    value <- value - ncol(x) * log(2 * pi) + determinant(crossprod(wx))$modulus
  }
  as.numeric(value)
}
least <- function(f, starts) {
  best <- Inf
  for (start in starts) {
    found <- nlminb(start, f, control = list(rel.tol = 1e-14, x.tol = 1e-12, iter.max = 500, eval.max = 1000))
    found <- nlminb(found$par, f, control = list(rel.tol = 1e-15, x.tol = 1e-13))
    best <- min(best, found$objective)
  }
  best
}
limits <- function(f, starts, lowest, at, low, high, level = 0.95) {
  excess <- function(value) least(function(z) f(value, z), starts) - lowest - qchisq(level, 1)
  lower <- if (excess(low) <= 0) low else uniroot(excess, c(low, at), tol = 1e-11)$root
  upper <- uniroot(excess, c(at, high), tol = 1e-11)$root
  c(lower, upper)
}

same <- function(g) outer(g, g, "==") * 1
cases <- list()
source_text <- paste("R", getRversion(), "dense likelihood, nlminb and uniroot")
for (restricted in c(TRUE, FALSE)) {
  y <- Dyestuff$Yield
  x <- cbind(rep(1, length(y)))
  batch <- same(Dyestuff$Batch)
  f <- function(between, within) dense(y, x, between * batch + within * diag(length(y)), restricted)
  lowest <- least(function(z) f(exp(z[1]), exp(z[2])), list(c(7, 7)))
  start <- list(c(7.5))
  cases[[length(cases) + 1]] <- list(
    id = if (restricted) "dyestuff_reml" else "dyestuff_ml", source = source_text, kind = "intercept",
    inputs = list(scores = y, groups = as.character(Dyestuff$Batch)),
    estimator = if (restricted) "reml" else "ml",
    expected = list(
      group_variance = limits(function(v, z) f(v, exp(z)), start, lowest, 1500, 0, 1e5),
      residual_variance = limits(function(v, z) f(exp(z), v), list(7.5, 0), lowest, 2451, 100, 1e5)
    )
  )
}

y <- Pastes$strength
x <- cbind(rep(1, length(y)))
batch <- same(Pastes$batch)
cask <- same(Pastes$sample)
f <- function(team, worker, within) {
  dense(y, x, team * batch + worker * cask + within * diag(length(y)), TRUE)
}
lowest <- least(function(z) f(exp(z[1]), exp(z[2]), exp(z[3])), list(c(0, 2, 0)))
starts <- list(c(2, 0), c(1, -1))
share <- function(rho, within, other) rho / (1 - rho) * (within + other)
cases[[length(cases) + 1]] <- list(
  id = "pastes_reml", source = source_text, kind = "nested", estimator = "reml",
  inputs = list(scores = y, teams = as.character(Pastes$batch), workers = as.character(Pastes$cask)),
  expected = list(
    team_variance = limits(function(v, z) f(v, exp(z[1]), exp(z[2])), starts, lowest, 1.6, 0, 50),
    worker_variance = limits(function(v, z) f(exp(z[1]), v, exp(z[2])), starts, lowest, 8, 0.1, 90),
    residual_variance = limits(function(v, z) f(exp(z[1]), exp(z[2]), v), list(c(0, 2), c(-3, 2)), lowest, 0.68, 0.1, 5),
    team_icc = limits(
      function(v, z) f(share(v, exp(z[2]), exp(z[1])), exp(z[1]), exp(z[2])), starts, lowest, 0.15, 0, 0.99
    ),
    worker_icc = limits(
      function(v, z) f(exp(z[1]), share(v, exp(z[2]), exp(z[1])), exp(z[2])),
      list(c(0, -0.4), c(-4, -0.4), c(1.5, -0.4)), lowest, 0.78, 0.05, 0.999
    )
  )
)

y <- sleepstudy$Reaction
days <- sleepstudy$Days
x <- cbind(1, days)
subject <- same(sleepstudy$Subject)
f <- function(first, second, r, within) {
  g <- r * first * second
  v <- subject * (first^2 + g * outer(days, days, "+") + second^2 * outer(days, days))
  dense(y, x, v + within * diag(length(y)), TRUE)
}
lowest <- least(function(z) f(exp(z[1]), exp(z[2]), tanh(z[3]), exp(z[4])), list(c(3, 1.7, 0, 6.4)))
starts <- list(c(1.7, 0, 6.4))
cases[[length(cases) + 1]] <- list(
  id = "sleepstudy_reml", source = source_text, kind = "slope", estimator = "reml",
  inputs = list(scores = y, times = days, groups = as.character(sleepstudy$Subject)),
  expected = list(
    intercept_variance = limits(
      function(v, z) f(v, exp(z[1]), tanh(z[2]), exp(z[3])), starts, lowest, 24.7, 5, 70
    )^2,
    slope_variance = limits(
      function(v, z) f(exp(z[1]), v, tanh(z[2]), exp(z[3])), list(c(3.2, 0, 6.4)), lowest, 5.9, 1, 20
    )^2,
    correlation = limits(
      function(v, z) f(exp(z[1]), exp(z[2]), v, exp(z[3])), list(c(3.2, 1.7, 6.4)), lowest, 0.066, -0.95, 0.95
    )
  )
)

# Wald's exact interval of one grouping: weighted squares between groups over those within.
exact <- function(y, g, level = 0.95) {
  n <- as.numeric(table(g))
  m <- as.numeric(tapply(y, g, mean))
  within <- sum((y - ave(y, g))^2) / (length(y) - length(n))
  ratio <- function(share) {
    w <- n / (1 + n * share / (1 - share))
    sum(w * (m - sum(w * m) / sum(w))^2) / (length(n) - 1) / within
  }
  where <- function(p) {
    wanted <- qf(p, length(n) - 1, length(y) - length(n))
    if (ratio(0) <= wanted) return(0)
    uniroot(function(s) ratio(s) - wanted, c(0, 1 - 1e-9), tol = 1e-14)$root
  }
  c(where((1 + level) / 2), where((1 - level) / 2))
}
set.seed(5)
sizes <- c(1, 2, 30, 4, 11, 25, 3, 3, 17)
group <- rep(seq_along(sizes), sizes)
y <- round(20 + rnorm(9, sd = 3)[group] + rnorm(length(group), sd = 5), 1)
cases[[length(cases) + 1]] <- list(
  id = "exact_icc_unbalanced", source = paste("R", getRversion(), "qf and uniroot"), kind = "intercept",
  estimator = "reml", inputs = list(scores = y, groups = group), expected = list(group_icc = exact(y, group))
)
write_json(cases, "intervals.json", auto_unbox = TRUE, digits = I(15))
for (case in cases) print(unlist(case$expected))
