# Writes rates.json: share and mean intervals from base R.
# Run in this folder: Rscript rates.R   (needed only to make the file anew)

cases <- list()
add <- function(...) cases[[length(cases) + 1]] <<- list(...)

for (x in list(c(81, 263), c(15, 148), c(0, 20), c(1, 29), c(7, 7), c(3, 8))) {
  for (level in c(0.95, 0.8)) {
    test <- suppressWarnings(prop.test(x[1], x[2], conf.level = level, correct = FALSE))
    add(
      id = sprintf("wilson_%d_of_%d_at_%.2f", x[1], x[2], level), `function` = "wilson",
      source = "base R, prop.test(correct = FALSE)",
      inputs = list(successes = x[1], n = x[2]), options = list(level = level),
      expected = list(
        estimate = unname(test$estimate), ci_low = test$conf.int[1], ci_high = test$conf.int[2]
      ),
      tolerance = 1e-12, note = ""
    )
  }
}

values <- c(22.3, 17.1, NA, 31.9, 8.4, 25.0, NA, 28.8, 12.6)
for (level in c(0.95, 0.8)) {
  test <- t.test(values, conf.level = level)
  add(
    id = sprintf("mean_at_%.2f", level), `function` = "mean",
    source = "base R, t.test", inputs = list(values = values),
    options = list(level = level, missing = "omit"),
    expected = list(
      estimate = unname(test$estimate), ci_low = test$conf.int[1], ci_high = test$conf.int[2],
      sd = sd(values, na.rm = TRUE), n = 7, n_missing = 2
    ),
    tolerance = 1e-12, note = ""
  )
}

writeLines(
  jsonlite::toJSON(cases, auto_unbox = TRUE, digits = NA, na = "null", pretty = 2), "rates.json"
)
