# Writes shares.json: exact and Jeffreys intervals, differences and bounds of shares from base R.
# Run in this folder: Rscript shares.R   (needed only to make the file anew)

cases <- list()
add <- function(id, fn, source, inputs, options, expected, tolerance = 1e-10, note = "") {
  cases[[length(cases) + 1]] <<- list(
    id = id, `function` = fn, source = source, inputs = inputs, options = options,
    expected = expected, tolerance = tolerance, note = note
  )
}
wilson <- function(x, n, level) {
  as.numeric(suppressWarnings(prop.test(x, n, conf.level = level, correct = FALSE))$conf.int)
}

for (x in list(c(81, 263), c(15, 148), c(0, 20), c(1, 29), c(7, 7), c(3, 8), c(499, 100000))) {
  for (level in c(0.95, 0.8)) {
    inputs <- list(successes = x[1], n = x[2])
    exact <- binom.test(x[1], x[2], conf.level = level)$conf.int
    add(
      sprintf("clopper_pearson_%d_of_%d_at_%.2f", x[1], x[2], level), "clopper_pearson",
      "base R, binom.test", inputs, list(level = level),
      list(estimate = x[1] / x[2], ci_low = exact[1], ci_high = exact[2])
    )
    tail <- (1 - level) / 2
    low <- if (x[1] == 0) 0 else qbeta(tail, x[1] + 0.5, x[2] - x[1] + 0.5)
    high <- if (x[1] == x[2]) 1 else qbeta(1 - tail, x[1] + 0.5, x[2] - x[1] + 0.5)
    add(
      sprintf("jeffreys_%d_of_%d_at_%.2f", x[1], x[2], level), "jeffreys",
      "base R, qbeta", inputs, list(level = level),
      list(estimate = x[1] / x[2], ci_low = low, ci_high = high),
      note = "a Beta(1, 1) prior would give other limits"
    )
  }
}

joined <- function(one, other, phi) sqrt(one^2 - 2 * phi * one * other + other^2)
hybrid <- function(first, l1, second, l2, phi) {
  c(
    first - second - joined(first - l1[1], l2[2] - second, phi),
    first - second + joined(l1[2] - first, second - l2[1], phi)
  )
}
for (x in list(c(56, 70, 48, 80), c(9, 10, 3, 10), c(0, 10, 0, 20), c(11, 43, 5, 9))) {
  for (level in c(0.95, 0.9)) {
    limits <- hybrid(
      x[1] / x[2], wilson(x[1], x[2], level), x[3] / x[4], wilson(x[3], x[4], level), 0
    )
    add(
      sprintf("difference_%s_at_%.2f", paste(x, collapse = "_"), level), "share_difference",
      "base R: prop.test limits joined by hand",
      list(successes = x[1], n = x[2], other_successes = x[3], other_n = x[4]),
      list(level = level),
      list(estimate = x[1] / x[2] - x[3] / x[4], ci_low = limits[1], ci_high = limits[2])
    )
  }
}

# Cells: both, first only, second only, neither. The last three have a small positive, a negative
# and an undefined correlation.
for (x in list(c(20, 12, 2, 16), c(8, 7, 6, 9), c(4, 13, 9, 2), c(30, 5, 0, 0))) {
  n <- sum(x)
  product <- x[1] * x[4] - x[2] * x[3]
  margins <- (x[1] + x[2]) * (x[3] + x[4]) * (x[1] + x[3]) * (x[2] + x[4])
  corrected <- if (product > n / 2) product - n / 2 else min(product, 0)
  phi <- if (margins == 0) 0 else corrected / sqrt(margins)
  first <- (x[1] + x[2]) / n
  second <- (x[1] + x[3]) / n
  limits <- hybrid(
    first, wilson(x[1] + x[2], n, 0.95), second, wilson(x[1] + x[3], n, 0.95), phi
  )
  add(
    sprintf("paired_difference_%s", paste(x, collapse = "_")), "paired_share_difference",
    "base R: prop.test limits joined by hand",
    list(both = x[1], first_only = x[2], second_only = x[3], neither = x[4]), list(level = 0.95),
    list(estimate = (x[2] - x[3]) / n, ci_low = limits[1], ci_high = limits[2], n = n),
    note = "without the correction of phi the first would be narrower"
  )
}

for (x in list(c(30, 50, 50), c(3, 20, 2), c(40, 200, 7), c(12, 30, 0))) {
  total <- x[2] + x[3]
  low <- x[1] / total
  high <- (x[1] + x[3]) / total
  errors <- sqrt(c(low * (1 - low), high * (1 - high)) / total)
  solve_for <- function(level) {
    uniroot(
      function(value) pnorm(value + (high - low) / max(errors)) - pnorm(-value) - level, c(0, 6),
      tol = 1e-15
    )$root
  }
  for (level in c(0.95, 0.8)) {
    name <- sprintf("%s_at_%.2f", paste(x, collapse = "_"), level)
    inputs <- list(successes = x[1], n = x[2], n_missing = x[3])
    value <- solve_for(level)
    add(
      sprintf("imbens_manski_%s", name), "share_bounds", "base R, uniroot", inputs,
      list(ci = "imbens_manski", level = level),
      list(
        estimate = x[1] / x[2], bound_low = low, bound_high = high,
        ci_low = max(0, low - value * errors[1]), ci_high = min(1, high + value * errors[2])
      )
    )
    add(
      sprintf("bounds_wilson_%s", name), "share_bounds", "base R, prop.test", inputs,
      list(ci = "wilson", level = level),
      list(
        ci_low = wilson(x[1], total, level)[1], ci_high = wilson(x[1] + x[3], total, level)[2]
      )
    )
  }
}

writeLines(
  jsonlite::toJSON(cases, auto_unbox = TRUE, digits = NA, na = "null", pretty = 2), "shares.json"
)
