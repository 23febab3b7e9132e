# Writes clusters.json: cluster-robust errors of means and regressions from clubSandwich.
# Run in this folder: Rscript clusters.R   (needed only to make the file anew)

suppressMessages({
  library(clubSandwich)
  library(jsonlite)
})

set.seed(31)
source_text <- paste("clubSandwich", packageVersion("clubSandwich"))
cases <- list()
add <- function(id, data, covariates) {
  formula <- if (length(covariates)) reformulate(covariates, "score") else score ~ 1
  fit <- lm(formula, data)
  for (correction in c("CR0", "CR1", "CR2")) {
    tested <- coef_test(fit,
      vcov = correction, cluster = data$cluster,
      test = if (correction == "CR2") "Satterthwaite" else "naive-t"
    )
    cases[[length(cases) + 1]] <<- list(
      id = paste(id, tolower(correction), sep = "_"), source = source_text, correction = correction,
      inputs = list(
        scores = data$score, clusters = data$cluster,
        covariates = if (length(covariates)) as.matrix(data[covariates]) else NULL
      ),
      expected = list(
        coefficients = unname(tested$beta), standard_errors = unname(tested$SE),
        df = if (correction == "CR2") unname(tested$df_Satt) else rep(length(unique(data$cluster)) - 1, length(tested$beta))
      )
    )
  }
}
rows <- function(clusters, largest) {
  sizes <- sample(1:largest, clusters, replace = TRUE)
  sizes[1] <- 1
  cluster <- rep(seq_len(clusters), sizes)
  lift <- rnorm(clusters, sd = 2)
  one <- round(rnorm(length(cluster)) + lift[cluster], 2)
  arm <- as.numeric(cluster %% 3 == 0)
  score <- round(20 + one + arm + lift[cluster] + rnorm(length(cluster), sd = 4), 2)
  data.frame(score, one, arm, cluster)
}
many <- rows(17, 25)
few <- rows(5, 30)
add("mean_17_clusters", many, character())
add("mean_5_clusters", few, character())
add("regression_17_clusters", many, c("one", "arm"))
add("regression_5_clusters", few, c("one", "arm"))
# One cluster alone carries the second covariate: its leverage is 1.
alone <- many
alone$arm <- as.numeric(alone$cluster == 4)
add("covariate_of_one_cluster", alone, c("one", "arm"))
write_json(cases, "clusters.json", auto_unbox = TRUE, digits = I(15), null = "null")
