# Writes effect_size_more.json: the standardizer "repeated", two groups, severity, BCa, Davis.
# Run in this folder: Rscript effect_size_more.R   (needed only to make the file anew)

suppressMessages({
  library(metafor)
  library(effectsize)
  library(boot)
})

hedges_j <- function(df) exp(lgamma(df / 2) - lgamma((df - 1) / 2)) * sqrt(2 / df)
cases <- list()
add <- function(...) cases[[length(cases) + 1]] <<- list(...)

# d_rm of Morris and DeShon with a numerical delta method over (change, v1, v2, c12), Wishart.
d_rm <- function(p) {
  r <- p[4] / sqrt(p[2] * p[3])
  p[1] / sqrt(p[2] + p[3] - 2 * p[4]) * sqrt(2 * (1 - r))
}
for (row in list(
  list(n = 24, mean_pre = 18, mean_post = 24, sd_pre = 7, sd_post = 9, r = 0.4),
  list(n = 60, mean_pre = 22, mean_post = 20, sd_pre = 5, sd_post = 3, r = 0.75),
  list(n = 15, mean_pre = 19, mean_post = 27, sd_pre = 6, sd_post = 8, r = -0.2)
)) {
  v1 <- row$sd_pre^2; v2 <- row$sd_post^2; c12 <- row$r * row$sd_pre * row$sd_post
  p <- c(row$mean_post - row$mean_pre, v1, v2, c12)
  gradient <- sapply(1:4, function(i) {
    h <- 1e-3 * max(1, abs(p[i]))
    at <- function(k) { q <- p; q[i] <- q[i] + k * h; d_rm(q) }
    (at(-2) - 8 * at(-1) + 8 * at(1) - at(2)) / (12 * h)
  })
  s <- matrix(0, 4, 4)
  s[1, 1] <- v1 + v2 - 2 * c12
  s[2:4, 2:4] <- rbind(
    c(2 * v1^2, 2 * c12^2, 2 * v1 * c12), c(2 * c12^2, 2 * v2^2, 2 * v2 * c12),
    c(2 * v1 * c12, 2 * v2 * c12, v1 * v2 + c12^2)
  )
  se <- sqrt(drop(gradient %*% s %*% gradient) / (row$n - 1))
  add(
    id = paste0("repeated_n_", row$n), `function` = "from_stats",
    source = "base R: d_rm as in Morris and DeShon (2002), numerical delta method",
    inputs = row, options = list(standardizer = "repeated", correct_bias = FALSE),
    expected = list(estimate = d_rm(p), standard_error = se), tolerance = 1e-8, note = "recomputed"
  )
}

# Two groups of unequal size and spread.
treatment <- c(28.1, 31.4, 22.6, 35.0, 30.2, 27.7, 38.9, 25.3, 33.1, 29.9, 21.8)
control <- c(24.4, 19.9, 26.1, 22.0, 25.8, 23.3)
holed <- list(treatment = c(NA, treatment, NA), control = c(control, NA))
stats <- data.frame(
  n_treatment = 11, n_control = 6, mean_treatment = mean(treatment), mean_control = mean(control),
  sd_treatment = sd(treatment), sd_control = sd(control)
)
glass <- mean(treatment - mean(control)) / sd(control)
pooled <- hedges_g(treatment, control, ci = 0.95)
add(
  id = "two_groups_effectsize_g", `function` = "two_group", inputs = holed,
  source = paste("effectsize", packageVersion("effectsize"), "hedges_g"),
  options = list(ci = "noncentral_t", missing = "omit"),
  expected = list(estimate = pooled$Hedges_g, n = 17, n_missing = 3), tolerance = 1e-12, note = ""
)
n1 <- 11; n2 <- 6; df <- n1 + n2 - 2; root <- sqrt(1 / n1 + 1 / n2)
t <- unname(t.test(treatment, control, var.equal = TRUE)$statistic)
limit <- function(p) uniroot(function(l) pt(t, df, l) - p, c(-3, 12), tol = 1e-14)$root * root
add(
  id = "two_groups_noncentral_t", `function` = "two_group", inputs = holed,
  source = "base R, uniroot on pt(ncp)",
  options = list(ci = "noncentral_t", missing = "omit", correct_bias = FALSE),
  expected = list(estimate = t * root, ci_low = limit(0.975), ci_high = limit(0.025)),
  tolerance = 1e-8, note = ""
)
add(
  id = "two_groups_effectsize_glass", `function` = "two_group", inputs = holed,
  source = "effectsize, glass_delta; metafor, escalc SMD1H (J with n_control - 1)",
  options = list(standardizer = "control", missing = "omit"),
  expected = list(
    estimate = as.numeric(escalc("SMD1H",
      m1i = mean_treatment, m2i = mean_control, sd1i = sd_treatment, sd2i = sd_control,
      n1i = n_treatment, n2i = n_control, data = stats)$yi),
    bias_correction = hedges_j(5)
  ), tolerance = 1e-12, note = ""
)
stopifnot(abs(glass_delta(treatment, control)$Glass_delta - glass) < 1e-12)
h <- escalc("SMDH",
  m1i = mean_treatment, m2i = mean_control, sd1i = sd_treatment, sd2i = sd_control,
  n1i = n_treatment, n2i = n_control, data = stats)
j <- hedges_j(df)
d <- as.numeric(h$yi) / j
square <- (stats$sd_treatment^2 + stats$sd_control^2) / 2
# metafor has the corrected g inside its variance of d; put d back.
of_means <- (stats$sd_treatment^2 / (n1 - 1) + stats$sd_control^2 / (n2 - 1)) / square
v <- of_means + (as.numeric(h$vi) / j^2 - of_means) * (d / as.numeric(h$yi))^2
add(
  id = "two_groups_metafor_smdh", `function` = "two_group_from_stats", inputs = as.list(stats),
  source = paste("metafor", packageVersion("metafor"), "escalc SMDH (Bonett)"),
  options = list(standardizer = "average", correct_bias = FALSE),
  expected = list(estimate = d, standard_error = sqrt(v)), tolerance = 1e-12,
  note = "standard error with d in place of g inside metafor's variance"
)
for (standardizer in c("pooled", "average", "control")) {
  # Numerical delta method over (difference, v1, v2), which are independent for normal scores.
  p <- c(stats$mean_treatment - stats$mean_control, stats$sd_treatment^2, stats$sd_control^2)
  f <- function(p) p[1] / sqrt(switch(standardizer,
    pooled = (10 * p[2] + 5 * p[3]) / 15, average = (p[2] + p[3]) / 2, control = p[3]))
  gradient <- sapply(1:3, function(i) {
    at <- function(k) { q <- p; q[i] <- q[i] + k * 1e-3; f(q) }
    (at(-2) - 8 * at(-1) + 8 * at(1) - at(2)) / (12 * 1e-3)
  })
  se <- sqrt(sum(gradient^2 * c(p[2] / 10 + p[3] / 5, 2 * p[2]^2 / 10, 2 * p[3]^2 / 5)))
  add(
    id = paste0("two_groups_delta_", standardizer), `function` = "two_group_from_stats",
    source = "base R, numerical delta method", inputs = as.list(stats),
    options = list(standardizer = standardizer, correct_bias = FALSE, level = 0.9),
    expected = list(
      estimate = f(p), standard_error = se, ci_low = f(p) - qnorm(0.95) * se,
      ci_high = f(p) + qnorm(0.95) * se
    ), tolerance = 1e-8, note = "recomputed"
  )
}

# Regression to the mean: the integral over the truncated normal, not Davis' closed formula.
for (row in list(
  list(mean = 24, sd = 8, reliability = 0.75, cutoff = 25, selected = "below", n_intake = 1),
  list(mean = 24, sd = 8, reliability = 0.6, cutoff = 31, selected = "above", n_intake = 3)
)) {
  b <- row$reliability * row$sd^2; w <- (row$sd^2 - b) / row$n_intake; tau <- sqrt(b + w)
  ends <- if (row$selected == "below") c(-Inf, row$cutoff) else c(row$cutoff, Inf)
  weight <- integrate(function(x) dnorm(x, row$mean, tau), ends[1], ends[2], rel.tol = 1e-12)$value
  m <- integrate(function(x) x * dnorm(x, row$mean, tau), ends[1], ends[2], rel.tol = 1e-12)$value
  m <- m / weight
  add(
    id = paste0("davis_", row$selected), `function` = "regression_to_the_mean",
    source = "base R, integrate over the truncated normal", inputs = row[1:3],
    options = row[4:6],
    expected = list(expected_intake = m, expected_change = w / tau^2 * (row$mean - m)),
    tolerance = 1e-8, note = "recomputed"
  )
}

# Severity-adjusted effects: lm and predict.
x <- c(12.1, 18.4, 9.7, 25.0, 21.3, 15.8, 30.2, 17.6); age <- c(14, 16, 9, 17, 12, 15, 10, 13)
y <- c(20.3, 22.9, 19.0, 27.7, 28.1, 18.5, 31.0, 26.4)
model <- lm(y ~ x + age)
own <- data.frame(x = c(14.2, 22.0, 19.5, 11.1), age = c(11, 16, 14, 9))
own_last <- c(24.0, 23.1, 29.9, 20.2)
effects <- (own_last - predict(model, own)) / sd(x)
for (convention in c("zero_is_reference", "plus_reference_mean")) {
  e <- effects + if (convention == "zero_is_reference") 0 else mean(y - x) / sd(x)
  ci <- t.test(e)$conf.int
  add(
    id = paste0("severity_", convention), `function` = "severity", source = "base R, lm and t.test",
    inputs = list(
      reference_intake = x, reference_last = y, reference_covariates = age,
      intake = own$x, last = own_last, covariates = own$age
    ),
    options = list(convention = convention),
    expected = list(estimate = mean(e), ci_low = ci[1], ci_high = ci[2], sd = sd(e)),
    tolerance = 1e-10, note = ""
  )
}

# BCa from given resamples. The influence values are measured from their mean, as Efron and
# Tibshirani (14.15) do; boot's own jackknife measures them from the estimate.
set.seed(20)
pre <- c(18.2, 22.4, 25.0, 17.1, 9.9, 31.3, 14.8, 20.6, 26.7, 12.5)
post <- c(24.6, 25.1, 30.7, 25.5, 8.8, 30.2, 29.9, 21.0, 33.4, 19.7)
data <- cbind(pre, post)
d_of <- function(data, i) mean(data[i, 2] - data[i, 1]) / sd(data[i, 1])
b <- boot(data, d_of, R = 399)
influence <- empinf(b, type = "jack")
influence <- influence - mean(influence)
for (level in c(0.95, 0.8)) {
  limits <- boot.ci(b, conf = level, type = "bca", L = influence)$bca[4:5]
  add(
    id = sprintf("bca_at_%.2f", level), `function` = "bca",
    source = paste("boot", packageVersion("boot"), "boot.ci(type = \"bca\"), centred jackknife influence"),
    inputs = list(pre = pre, post = post, indices = boot.array(b, indices = TRUE) - 1),
    options = list(level = level), expected = list(ci_low = limits[1], ci_high = limits[2]),
    tolerance = 1e-10, note = "the resamples themselves are inputs"
  )
}

writeLines(
  jsonlite::toJSON(cases, auto_unbox = TRUE, digits = NA, na = "null"), "effect_size_more.json"
)
