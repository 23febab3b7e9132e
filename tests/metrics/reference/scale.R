# Writes scale.json: alpha, omega and item-total correlations by psych and base R.
# Run in this folder: Rscript scale.R   (needed only to make the file anew)

suppressMessages(library(psych))
cases <- list()
add <- function(id, fn, source, inputs, options, expected, tolerance = 1e-9, note = "") {
  cases[[length(cases) + 1]] <<- list(
    id = id, `function` = fn, source = source, inputs = inputs, options = options,
    expected = expected, tolerance = tolerance, note = note
  )
}

# Unequal variances: the standardised alpha is another number.
set.seed(20240611)
person <- rnorm(60)
items <- round(
  cbind(5 + 2 * person, 6 + 1.2 * person, 4 + 0.6 * person, 7 + 1.5 * person) +
    cbind(rnorm(60, 0, 1), rnorm(60, 0, 2.2), rnorm(60, 0, 0.8), rnorm(60, 0, 1.3)), 1
)
items <- pmin(pmax(items, 0), 10)
items[c(3, 40), 2] <- NA
complete <- items[stats::complete.cases(items), ]
n <- nrow(complete)
k <- ncol(complete)
fit <- suppressWarnings(psych::alpha(complete, check.keys = FALSE))
raw <- fit$total$raw_alpha
for (level in c(0.95, 0.8)) {
  tails <- c((1 + level) / 2, (1 - level) / 2)
  feldt <- 1 - (1 - raw) * qf(tails, n - 1, (n - 1) * (k - 1))
  half <- qnorm((1 + level) / 2) * sqrt(2 * k / ((k - 1) * (n - 2)))
  bonett <- 1 - exp(log(1 - raw) + c(1, -1) * half)
  intervals <- list(feldt = feldt, bonett = bonett)
  for (ci in names(intervals)) {
    expected <- list(estimate = raw, ci_low = intervals[[ci]][1], ci_high = intervals[[ci]][2])
    options <- list(ci = ci, level = level)
    add(
      sprintf("alpha_%s_at_%.2f", ci, level), "cronbach_alpha",
      sprintf("psych %s, alpha; interval by hand", packageVersion("psych")), list(items = items),
      c(options, list(missing = "omit")), c(expected, list(n = n, n_missing = 2)),
      note = "the standardised alpha is another number"
    )
    add(
      sprintf("alpha_from_covariance_%s_at_%.2f", ci, level), "cronbach_alpha_from_covariance",
      "the same", list(n = n, covariance = cov(complete)), options, expected
    )
  }
}
# The same by another way: the numerical gradient of log(1 - alpha) over all covariances, and the
# sample variance of the products that they are means of.
log_rest <- function(v) {
  m <- matrix(v, k)
  log(1 - k / (k - 1) * (1 - sum(diag(m)) / sum(m)))
}
centred <- sweep(complete, 2, colMeans(complete))
products <- t(apply(centred, 1, function(row) as.vector(outer(row, row))))
means <- colMeans(products)
slope <- sapply(seq_along(means), function(i) {
  h <- 1e-5
  step <- replace(numeric(length(means)), i, h)
  (8 * (log_rest(means + step) - log_rest(means - step)) -
    (log_rest(means + 2 * step) - log_rest(means - 2 * step))) / (12 * h)
})
half <- qt(0.975, n - 1) * sqrt(as.numeric(t(slope) %*% cov(products) %*% slope) / n)
limits <- 1 - exp(log(1 - raw) + c(1, -1) * half)
add(
  "alpha_distribution_free", "cronbach_alpha", "base R, numerical delta method",
  list(items = items), list(ci = "distribution_free", missing = "omit"),
  list(estimate = raw, ci_low = limits[1], ci_high = limits[2]), tolerance = 1e-8,
  note = "the normal-theory limits are others"
)
feldt <- psych::alpha.ci(raw, n, k)
add(
  "alpha_feldt_by_psych", "cronbach_alpha", "psych, alpha.ci", list(items = items),
  list(missing = "omit"), list(ci_low = feldt$lower.ci[[1]], ci_high = feldt$upper.ci[[1]])
)
add(
  "item_total", "item_total", "psych, alpha, r.drop; interval by cor.test", list(items = items),
  list(missing = "omit"),
  list(
    estimate = fit$item.stats$r.drop,
    ci_low = sapply(1:k, function(i) {
      cor.test(complete[, i], rowSums(complete[, -i]))$conf.int[1]
    })
  )
)

# Omega: the same least squares by another optimiser, from base R.
residuals <- function(r) function(l) {
  off <- (r - outer(l, l))[lower.tri(r)]
  sum(off^2)
}
gradient <- function(r) function(l) {
  off <- r - outer(l, l)
  diag(off) <- 0
  as.vector(-2 * off %*% l)
}
tables <- list(four = complete, three = complete[, 1:3], eleven = complete[1:11, ])
for (name in names(tables)) {
  table <- tables[[name]]
  r <- cor(table)
  loadings <- nlminb(
    rep(0.7, ncol(r)), residuals(r), gradient(r), lower = -1, upper = 1,
    control = list(rel.tol = 1e-15, x.tol = 1e-14, abs.tol = 0, iter.max = 5000, eval.max = 5000)
  )$par
  for (standardized in c(TRUE, FALSE)) {
    weights <- if (standardized) rep(1, ncol(r)) else apply(table, 2, sd)
    common <- sum(weights * loadings)^2
    add(
      sprintf("omega_%s_%s", name, if (standardized) "standardized" else "raw"), "omega_total",
      "base R, nlminb", list(items = table), list(standardized = standardized),
      list(
        estimate = common / (common + sum(weights^2 * (1 - loadings^2))), loadings = loadings
      ),
      tolerance = 1e-6, note = "the two omegas differ where variances do"
    )
  }
  # psych's fa stops a little before the minimum; it must not lie below ours.
  by_psych <- abs(as.vector(suppressWarnings(fa(r, 1, n.obs = nrow(table)))$loadings))
  stopifnot(residuals(r)(loadings) <= residuals(r)(by_psych))
  cat(name, "largest distance to psych's loadings", max(abs(loadings - by_psych)), "\n")
}

writeLines(
  jsonlite::toJSON(cases, auto_unbox = TRUE, digits = NA, na = "null", pretty = 2), "scale.json"
)
