# Writes reliable_change.json: four indices of reliable change, computed by hand in base R.
# Run in this folder: Rscript reliable_change.R   (needed only to make the file anew)

x <- c(12.0, 19.5, 27.3, 33.0, NA, 8.1)
y <- c(21.2, 18.0, 38.8, 24.9, 25.0, NA)
m <- 20.4; m_last <- 25.1; s <- 7.7; r <- 0.82
expected <- list(
  jacobson_truax = x,
  gulliksen_lord_novick = m + r * (x - m),
  hsu_linn_lord = m_last + r * (x - m),
  edwards_nunnally = (1 - r) * m + r * x
)
error <- list(
  jacobson_truax = sqrt(2) * s * sqrt(1 - r),
  gulliksen_lord_novick = s * sqrt((1 - r) * (1 + r)),
  hsu_linn_lord = s * sqrt((1 - r) * (1 + r)),
  edwards_nunnally = s * sqrt(1 - r)
)
cases <- lapply(names(expected), function(name) {
  options <- list(sd = s, reliability = r)
  if (name == "hsu_linn_lord") options <- c(options, mean_intake = m, mean_last = m_last)
  if (name %in% c("gulliksen_lord_novick", "edwards_nunnally")) options <- c(options, mean = m)
  list(
    id = name, `function` = name, source = "base R, by hand", inputs = list(intake = x, last = y),
    options = options,
    expected = list(
      index = (y - expected[[name]]) / error[[name]], standard_error = error[[name]],
      n = 4, n_missing = 2
    ), tolerance = 1e-12, note = "recomputed"
  )
})
writeLines(
  jsonlite::toJSON(cases, auto_unbox = TRUE, digits = NA, na = "null", pretty = 2),
  "reliable_change.json"
)
