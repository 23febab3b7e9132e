# Writes funnel.json: funnel limits and overdispersion as Spiegelhalter publishes them, in base R,
# with the unwinsorised additive variance from metafor.
# Run in this folder: Rscript funnel.R   (needed only to make the file anew)

suppressMessages(library(metafor))

cases <- list()
add <- function(...) cases[[length(cases) + 1]] <<- list(...)

n <- c(7, 20, 33, 61, 148, 512)
levels <- c(0.95, 0.998)
add_limits <- function(id, inputs, low, high, source) {
  for (i in seq_along(levels)) {
    add(
      id = sprintf("funnel_%s_%.3f", id, levels[i]), `function` = "funnel_limits_of_one_level",
      source = source, inputs = list(n = n), options = c(inputs, list(levels = list(levels[i]))),
      expected = list(ci_low = c(low(levels[i])), ci_high = c(high(levels[i]))),
      tolerance = 1e-10, note = ""
    )
  }
}

for (share in c(0.083, 0.5, 0.91)) {
  interpolated <- function(p) sapply(n, function(size) {
    r <- qbinom(p, size, share)
    alpha <- (pbinom(r, size, share) - p) / dbinom(r, size, share)
    max(0, (r - alpha) / size)
  })
  base <- list(kind = "proportion", centre = share)
  add_limits(
    sprintf("exact_%.3f", share), c(base, method = "exact"),
    function(level) qbinom((1 - level) / 2, n, share) / n,
    function(level) qbinom(1 - (1 - level) / 2, n, share) / n, "base R, qbinom"
  )
  add_limits(
    sprintf("interpolated_%.3f", share), c(base, method = "interpolated"),
    function(level) interpolated((1 - level) / 2),
    function(level) interpolated(1 - (1 - level) / 2),
    "Spiegelhalter (2005), appendix, in base R"
  )
  se <- sqrt(share * (1 - share) / n)
  reach <- function(level, s) qnorm(1 - (1 - level) / 2) * s
  add_limits(
    sprintf("normal_tau2_%.3f", share), c(base, method = "normal", tau2 = 0.0016),
    function(level) pmax(0, share - reach(level, sqrt(se^2 + 0.0016))),
    function(level) pmin(1, share + reach(level, sqrt(se^2 + 0.0016))), "base R, qnorm"
  )
  angle <- function(level, sign) {
    a <- asin(sqrt(share)) + sign * reach(level, sqrt(1.7 / (4 * n)))
    sin(pmin(pmax(a, 0), pi / 2))^2
  }
  add_limits(
    sprintf("arcsine_phi_%.3f", share), c(base, method = "arcsine", phi = 1.7),
    function(level) angle(level, -1), function(level) angle(level, 1), "base R, qnorm and asin"
  )
}
mean_limits <- function(quantile, sign) function(level) {
  5.2 + sign * quantile(1 - (1 - level) / 2) * 7.9 / sqrt(n)
}
base <- list(kind = "mean", centre = 5.2, sd = 7.9)
add_limits(
  "mean_normal", c(base, method = "normal"), mean_limits(qnorm, -1), mean_limits(qnorm, 1),
  "base R, qnorm"
)
t_26 <- function(p) qt(p, 26)
add_limits(
  "mean_t", c(base, method = "t", df = 26), mean_limits(t_26, -1), mean_limits(t_26, 1),
  "base R, qt"
)

# Units that differ more than chance makes them, with two far out and sizes unlike.
y <- c(3.1, 7.4, 5.0, 9.8, -2.2, 4.4, 6.1, 5.5, 1.9, 12.7, 8.0)
size <- c(25, 40, 130, 64, 31, 88, 22, 57, 45, 36, 150)
s <- 7.9 / sqrt(size)
z <- (y - 5.2) / s
add(
  id = "funnel_z_mean", `function` = "funnel_z_scores", source = "base R",
  inputs = list(values = y, n = size), options = list(kind = "mean", centre = 5.2, sd = 7.9),
  expected = list(z = c(z), standard_error = c(s), n = 11), tolerance = 1e-12, note = ""
)
share <- c(0.40, 0.75, 0.58, 0.91, 0.10, 0.66)
add(
  id = "funnel_z_arcsine", `function` = "funnel_z_scores", source = "base R",
  inputs = list(values = share, n = n),
  options = list(kind = "proportion", centre = 0.6, method = "arcsine", tau2 = 0.01),
  expected = list(
    z = c((asin(sqrt(share)) - asin(sqrt(0.6))) / sqrt(1 / (4 * n) + 0.01)), n = 6
  ),
  tolerance = 1e-12, note = ""
)
for (winsorise in c(0, 0.1, 0.2)) {
  cut <- unname(quantile(z, c(winsorise, 1 - winsorise)))
  held <- pmin(pmax(z, cut[1]), cut[2])
  k <- length(z)
  w <- 1 / s^2
  tau2 <- max(0, (sum(held^2) - (k - 1)) / (sum(w) - sum(w^2) / sum(w)))
  source <- "Spiegelhalter (2005), in base R"
  expected <- list(
    mean_square = mean(held^2), phi = max(1, mean(held^2)), tau2 = tau2, z_low = cut[1],
    z_high = cut[2], n_winsorised = sum(held != z), n = k
  )
  add(
    id = sprintf("funnel_overdispersion_%.1f", winsorise), `function` = "funnel_overdispersion",
    source = source, inputs = list(z = z, standard_errors = s),
    options = list(winsorise = winsorise), expected = expected, tolerance = 1e-10, note = ""
  )
}
# Around the weighted mean, unwinsorised, the additive variance is DerSimonian and Laird's.
fit <- rma(y, sei = s, method = "DL")
around <- rma(y, sei = s, method = "FE")$b[1]
add(
  id = "funnel_tau2_is_dersimonian_laird", `function` = "funnel_overdispersion",
  source = "metafor 3.8, rma(method = \"DL\")",
  inputs = list(z = (y - around) / s, standard_errors = s), options = list(winsorise = 0),
  expected = list(tau2 = fit$tau2, mean_square = fit$QE / k), tolerance = 1e-10, note = ""
)

writeLines(
  jsonlite::toJSON(cases, auto_unbox = TRUE, digits = NA, na = "null", pretty = 2), "funnel.json"
)
