# Writes benchmark.json: tests against a benchmark by base R's noncentral t.
# Run in this folder: Rscript benchmark.R   (needed only to make the file anew)

cases <- list()
add <- function(...) cases[[length(cases) + 1]] <<- list(...)

answer <- function(n, change, s_pre, s_change, standardizer, ratio, value, margin, alpha) {
  d <- change / if (standardizer == "pre_sd") s_pre else s_change
  kappa <- if (standardizer == "pre_sd" && ratio == "estimated") s_change / s_pre else 1
  scale <- sqrt(n) / kappa
  p <- function(t, delta, lower) pt(t, n - 1, ncp = delta * scale, lower.tail = lower)
  limit <- function(tail) {
    uniroot(function(x) p(d * scale, x, TRUE) - tail, d + c(-3, 3), tol = 1e-14)$root
  }
  critical <- function(delta, tail) {
    uniroot(function(x) p(x * scale, delta, TRUE) - tail, delta + c(-3, 3), tol = 1e-14)$root
  }
  list(
    estimate = d, ratio = kappa, p_lower = p(d * scale, value - margin, FALSE),
    p_upper = p(d * scale, value + margin, TRUE), ci_low = limit(1 - alpha),
    ci_high = limit(alpha), critical_low = critical(value - margin, 1 - alpha),
    critical_high = critical(value + margin, alpha), n = n
  )
}

# Unequal SDs, so that the ratio is far from 1.
pre <- c(18.2, 22.4, 25.0, 17.1, 9.9, 31.3, 14.6, 20.8, 12.2, 27.5, 16.0, 23.9)
post <- c(24.6, 25.1, 30.7, 25.5, 12.8, 33.2, 25.9, 21.4, 13.0, 29.9, 26.6, 26.1)
gaps_pre <- c(pre[1:4], NA, pre[5:12])
gaps_post <- c(post[1:4], 20, post[5:12])
for (standardizer in c("pre_sd", "change_sd")) {
  for (ratio in c("estimated", "one")) {
    for (alpha in c(0.05, 0.01)) {
      for (question in c("equivalence", "non_inferiority")) {
        value <- if (standardizer == "pre_sd") 0.8 else 1.1
        expected <- answer(
          12, mean(post - pre), sd(pre), sd(post - pre), standardizer, ratio, value, 0.2, alpha
        )
        expected$p_value <- if (question == "equivalence") {
          max(expected$p_lower, expected$p_upper)
        } else {
          expected$p_lower
        }
        expected$n_missing <- 1
        add(
          id = sprintf("benchmark_%s_%s_%s_%.2f", question, standardizer, ratio, alpha),
          `function` = paste0("benchmark_", question), source = "base R, pt and uniroot",
          inputs = list(pre = gaps_pre, post = gaps_post),
          options = list(
            benchmark = list(
              name = "b", value = value, margin = 0.2, standardizer = standardizer, source = "s"
            ),
            ratio = ratio, alpha = alpha, missing = "omit"
          ),
          expected = expected, tolerance = 1e-9, note = ""
        )
      }
    }
  }
}
for (n in c(25, 400, 2000)) {
  s_change <- sqrt(7.6^2 + 8.3^2 - 2 * 0.35 * 7.6 * 8.3)
  expected <- answer(n, 6.1, 7.6, s_change, "pre_sd", "estimated", 0.8, 0.2, 0.05)
  add(
    id = sprintf("benchmark_stats_%d", n), `function` = "benchmark_equivalence_from_stats",
    source = "base R, pt and uniroot",
    inputs = list(n = n, mean_pre = 19.6, mean_post = 25.7, sd_pre = 7.6, sd_post = 8.3, r = 0.35),
    options = list(
      benchmark = list(
        name = "b", value = 0.8, margin = 0.2, standardizer = "pre_sd", source = "s"
      )
    ),
    expected = expected, tolerance = 1e-9, note = ""
  )
}

writeLines(
  jsonlite::toJSON(cases, auto_unbox = TRUE, digits = NA, na = "null", pretty = 2), "benchmark.json"
)
