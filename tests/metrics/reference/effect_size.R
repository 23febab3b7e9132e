# Writes effect_size.json: pre-post effect sizes from metafor, effectsize and base R.
# Run in this folder: Rscript effect_size.R   (needed only to make the file anew)

suppressMessages({
  library(metafor)
  library(effectsize)
})

hedges_j <- function(df) exp(lgamma(df / 2) - lgamma((df - 1) / 2)) * sqrt(2 / df)

# Variance of d without a closed formula: numerical gradient with respect to
# (mean change, v1, v2, c12), and the Wishart covariance matrix of (v1, v2, c12).
numerical_variance <- function(n, change, v1, v2, c12, standardizer) {
  d_of <- function(theta) {
    square <- switch(standardizer,
      pre_sd = theta[2],
      average_sd = (theta[2] + theta[3]) / 2,
      change_sd = theta[2] + theta[3] - 2 * theta[4]
    )
    theta[1] / sqrt(square)
  }
  theta <- c(change, v1, v2, c12)
  # Five-point differences: the error is of the fourth order in the step.
  gradient <- sapply(1:4, function(i) {
    h <- 1e-3 * max(1, abs(theta[i]))
    at <- function(k) { moved <- theta; moved[i] <- moved[i] + k * h; d_of(moved) }
    (at(-2) - 8 * at(-1) + 8 * at(1) - at(2)) / (12 * h)
  })
  df <- n - 1
  covariance <- matrix(0, 4, 4)
  covariance[1, 1] <- (v1 + v2 - 2 * c12) / df
  covariance[2:4, 2:4] <- rbind(
    c(2 * v1^2, 2 * c12^2, 2 * v1 * c12),
    c(2 * c12^2, 2 * v2^2, 2 * v2 * c12),
    c(2 * v1 * c12, 2 * v2 * c12, v1 * v2 + c12^2)
  ) / df
  drop(gradient %*% covariance %*% gradient)
}

cases <- list()
add <- function(...) cases[[length(cases) + 1]] <<- list(...)

# Morris (2008), Table 1 as shipped with metafor: unequal SDs, n and r.
morris <- data.frame(
  mean_pre = c(30.6, 23.5, 0.5, 53.4, 35.6, 23.1, 24.9, 0.6, 55.7, 34.8),
  mean_post = c(38.5, 26.8, 0.7, 75.9, 36.0, 19.7, 25.3, 0.6, 60.7, 33.4),
  sd_pre = c(15.0, 3.1, 0.1, 14.5, 4.7, 13.8, 4.1, 0.2, 17.3, 3.1),
  sd_post = c(11.6, 4.1, 0.1, 4.4, 4.6, 14.8, 3.3, 0.2, 17.9, 6.9),
  n = c(20, 50, 9, 10, 14, 20, 42, 9, 11, 14),
  r = c(.47, .64, .77, .89, .44, .47, .64, .77, .89, .44)
)
for (i in seq_len(nrow(morris))) {
  row <- morris[i, ]
  df <- row$n - 1
  raw <- escalc(
    measure = "SMCRH", m1i = mean_post, m2i = mean_pre, sd1i = sd_pre, sd2i = sd_post,
    ni = n, ri = r, data = row
  )
  j <- hedges_j(df)
  # metafor puts the corrected g into the variance of the uncorrected d; put d back.
  g <- as.numeric(raw$yi)
  variance <- as.numeric(raw$vi) + j^2 * ((g / j)^2 - g^2) / (2 * df)
  add(
    id = paste0("morris_2008_row_", i, "_metafor"),
    source = paste("Morris (2008) data; metafor", packageVersion("metafor"), "escalc SMCRH"),
    `function` = "from_stats",
    inputs = as.list(row), options = list(standardizer = "pre_sd", ci = "normal"),
    expected = list(estimate = g, standard_error = sqrt(variance)), tolerance = 1e-9,
    note = "standard error with d in place of g inside metafor's variance"
  )
  change <- row$mean_post - row$mean_pre
  c12 <- row$r * row$sd_pre * row$sd_post
  for (standardizer in c("pre_sd", "average_sd", "change_sd")) {
    v1 <- row$sd_pre^2
    v2 <- row$sd_post^2
    square <- switch(standardizer,
      pre_sd = v1, average_sd = (v1 + v2) / 2, change_sd = v1 + v2 - 2 * c12)
    # The squares are scaled to about 1, so that the gradient's step suits every row.
    v <- numerical_variance(row$n, change / row$sd_pre, 1, v2 / v1, c12 / v1, standardizer)
    d <- change / sqrt(square)
    half <- qnorm(0.95) * sqrt(v)
    add(
      id = paste0("morris_2008_row_", i, "_delta_", standardizer),
      source = "Morris (2008) data; base R, numerical delta method with the Wishart covariance",
      `function` = "from_stats",
      inputs = as.list(row),
      options = list(standardizer = standardizer, ci = "normal", correct_bias = FALSE, level = 0.9),
      expected = list(
        estimate = d, standard_error = sqrt(v), ci_low = d - half, ci_high = d + half
      ),
      tolerance = 1e-8, note = "limits at 90 %; tolerance is that of the numerical gradient"
    )
  }
}

# Student's sleep data (datasets::sleep), ten pairs, and the same with two incomplete pairs.
pre <- sleep$extra[sleep$group == 1]
post <- sleep$extra[sleep$group == 2]
paired <- hedges_g(post, pre, paired = TRUE, ci = 0.95)
n <- length(pre)
statistic <- unname(t.test(post, pre, paired = TRUE)$statistic)
limit <- function(p) {
  uniroot(function(ncp) pt(statistic, n - 1, ncp) - p, c(-2, 12), tol = 1e-13)$root / sqrt(n)
}
j <- hedges_j(n - 1)
holed <- list(pre = c(NA, pre, 3.5), post = c(2.1, post, NA))
add(
  id = "sleep_effectsize", `function` = "rows",
  source = paste("datasets::sleep; effectsize", packageVersion("effectsize"), "hedges_g paired"),
  inputs = holed,
  options = list(standardizer = "change_sd", ci = "noncentral_t", missing = "omit"),
  expected = list(
    estimate = paired$Hedges_g, ci_low = paired$CI_low, ci_high = paired$CI_high, n = n,
    n_missing = 2
  ),
  tolerance = 1e-4, note = "effectsize finds the limits by optimisation to about four digits"
)
add(
  id = "sleep_base_r", `function` = "rows",
  source = "datasets::sleep; base R, uniroot on pt(ncp)",
  inputs = holed,
  options = list(standardizer = "change_sd", ci = "noncentral_t", missing = "omit"),
  expected = list(
    estimate = j * statistic / sqrt(n), ci_low = j * limit(0.975), ci_high = j * limit(0.025),
    mean_change = mean(post - pre), standardizer_sd = sd(post - pre)
  ),
  tolerance = 1e-8, note = "limits times the same J as the estimate"
)

writeLines(
  jsonlite::toJSON(cases, auto_unbox = TRUE, digits = NA, na = "null", pretty = 2),
  "effect_size.json"
)
