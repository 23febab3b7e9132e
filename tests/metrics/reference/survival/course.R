# Writes course.json: courses by session, shares by dose and times to improvement, person by person
# in base R, with survival for the curve.
# Run in this folder: Rscript course.R   (needed only to make the file anew)

suppressMessages(library(survival))
set.seed(404)

persons <- 60
rows <- do.call(rbind, lapply(seq_len(persons), function(i) {
  stays <- min(rgeom(1, 0.2) + 1, 11)
  intake <- sample(80:320, 1)
  total <- pmin(400, pmax(0, intake + round(cumsum(c(0, rnorm(stays - 1, 12, 35))))))
  data.frame(
    person = i, session = seq_len(stays), total = total / 10,
    ending = sample(c("agreed", "left", "open"), 1, TRUE, c(0.5, 0.3, 0.2))
  )
}))
# Exactly at the threshold, in tenths that binary numbers miss, and sessions without a form.
rows$total[rows$person == 1][1] <- 22.3
if (sum(rows$person == 1) > 1) rows$total[rows$person == 1][2] <- 28.3
rows$total[sample(nrow(rows), 25)] <- NA
rows <- rows[sample(nrow(rows)), ]
set <- list(
  person = rows$person, session = rows$session, total = rows$total, ending = rows$ending
)

cases <- list()
add <- function(...) cases[[length(cases) + 1]] <<- list(...)
sorted <- rows[order(rows$person, rows$session), ]
scored <- sorted[!is.na(sorted$total), ]
tenths <- round(scored$total * 10)
intake <- tapply(tenths, scored$person, head, 1)
final <- tapply(scored$session, scored$person, tail, 1)

# --- mean course --------------------------------------------------------------------------------
edges <- c(15.1, 25)
for (cohort in c("present", "stayers")) {
  for (level in c(0.95, 0.8)) {
    m <- 6
    band <- 1 + (intake >= 151) + (intake >= 250)
    cells <- lapply(1:3, function(b) lapply(1:m, function(s) {
      who <- names(band)[band == b & (cohort == "present" | final >= m)]
      here <- scored[scored$person %in% who & scored$session == s, ]
      x <- here$total
      last <- final[as.character(here$person)] == s
      test <- if (length(x) > 1 && sd(x) > 0) t.test(x, conf.level = level)$conf.int else c(NA, NA)
      list(
        n = length(x), mean = if (length(x)) mean(x) else NA, low = test[1], high = test[2],
        sd = if (length(x) > 1) sd(x) else NA, n_leaving = sum(last),
        leaving = if (any(last)) mean(x[last]) else NA,
        staying = if (any(!last)) mean(x[!last]) else NA
      )
    }))
    part <- function(name) lapply(cells, function(row) sapply(row, function(cell) cell[[name]]))
    add(
      id = sprintf("mean_course_%s_%.2f", cohort, level), `function` = "mean_course",
      source = "base R, t.test cell by cell",
      options = list(
        last_session = m, cohort = cohort, band_edges = edges, score_step = 0.1, level = level,
        missing = "omit"
      ),
      expected = list(
        n = part("n"), estimate = part("mean"), ci_low = part("low"), ci_high = part("high"),
        sd = part("sd"), n_leaving = part("n_leaving"), mean_leaving = part("leaving"),
        mean_staying = part("staying"), n_missing = sum(is.na(rows$total))
      )
    )
  }
}

# --- first improvement, and the share who have got there --------------------------------------------
for (direction in c("higher_is_better", "lower_is_better")) {
  for (inclusive in c(TRUE, FALSE)) {
    sign <- if (direction == "higher_is_better") 1 else -1
    found <- do.call(rbind, lapply(names(intake), function(p) {
      own <- scored[scored$person == as.integer(p), ]
      all <- sorted[sorted$person == as.integer(p), ]
      change <- sign * (round(own$total * 10) - round(own$total[1] * 10))
      at <- if (inclusive) which(change >= 60) else which(change > 60)
      data.frame(
        person = as.integer(p), intake = own$session[1], last = max(all$session),
        session = if (length(at)) own$session[at[1]] else NA, ending = all$ending[1]
      )
    }))
    found <- found[order(found$person), ]
    options <- list(
      reliable_change = 6, reliable_change_inclusive = inclusive, score_step = 0.1,
      direction = direction
    )
    add(
      id = sprintf("first_improvement_%s_%s", direction, inclusive),
      `function` = "first_reliable_improvement", source = "base R, person by person",
      options = options,
      expected = list(
        person = found$person, session = found$session, intake_session = found$intake,
        last_session = found$last, n_without_score = persons - nrow(found)
      )
    )
    time <- ifelse(is.na(found$session), found$last, found$session) - found$intake + 1
    state <- factor(
      ifelse(is.na(found$session), found$ending, "improved"),
      levels = c("open", "agreed", "improved", "left")
    )
    fit <- survfit(Surv(time, state) ~ 1, conf.type = "log-log")
    unknown <- function(x) ifelse(fit$pstate < 1e-12 | fit$pstate > 1 - 1e-12, NA, x)
    part <- function(x) lapply(2:4, function(k) x[, k])
    add(
      id = sprintf("time_to_improvement_%s_%s", direction, inclusive),
      `function` = "time_to_reliable_improvement",
      source = "base R, person by person; survival 3.5-3, survfit of several states",
      options = c(options, list(censored = "open")),
      expected = list(
        time = fit$time, estimate = part(fit$pstate), standard_error = part(unknown(fit$std.err)),
        ci_low = part(unknown(fit$lower)), ci_high = part(unknown(fit$upper)), n = nrow(found)
      )
    )
  }
}

# --- dose and response ------------------------------------------------------------------------------
sessions <- tapply(sorted$session, sorted$person, max)
last <- tapply(tenths, scored$person, tail, 1)
improved <- rep(NA, persons)
improved[as.integer(names(intake))] <- as.integer(last - intake >= 60)
doses <- seq_len(max(sessions[!is.na(improved)]))
known <- !is.na(improved)
for (view in c("good_enough_level", "cumulative")) {
  limits <- lapply(doses, function(s) {
    chosen <- known & (if (view == "cumulative") sessions <= s else sessions == s)
    n <- if (view == "cumulative") sum(known) else sum(chosen)
    x <- sum(improved[chosen])
    ci <- if (n) suppressWarnings(prop.test(x, n, correct = FALSE)$conf.int) else c(NA, NA)
    list(n = n, x = x, share = if (n) x / n else NA, low = ci[1], high = ci[2])
  })
  part <- function(name) sapply(limits, function(cell) cell[[name]])
  add(
    id = sprintf("dose_response_%s", view), `function` = "dose_response",
    source = "base R, prop.test(correct = FALSE)",
    inputs = list(sessions = unname(sessions), improved = improved),
    options = list(view = view, missing = "omit"),
    expected = list(
      sessions = doses, n = part("n"), improved = part("x"), estimate = part("share"),
      ci_low = part("low"), ci_high = part("high"), n_persons = sum(known), n_missing = sum(!known)
    )
  )
}

json <- function(x) jsonlite::toJSON(x, auto_unbox = TRUE, digits = NA, na = "null")
lines <- sapply(cases, json)
writeLines(
  c(paste0("{\"set\": ", json(set), ","), "\"cases\": [", paste(lines, collapse = ",\n"), "]}"),
  "course.json"
)
