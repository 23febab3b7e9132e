# Writes survival.json: curves, means, tests and hazards from survival, cmprsk, sandwich and base R.
# Run in this folder: Rscript survival.R   (needed only to make the file anew)

suppressMessages({
  library(survival)
  library(cmprsk)
  library(sandwich)
})
set.seed(20231)

sets <- list()
cases <- list()
add <- function(...) cases[[length(cases) + 1]] <<- list(...)
scales <- c(log_log = "log-log", log = "log", plain = "plain")

# --- data sets ----------------------------------------------------------------------------------
# Counts of sessions: most times are shared by many, three endings, open episodes, gaps.
n <- 90
sessions <- list(
  time = pmin(rgeom(n, 0.16) + 1, 14),
  ending = sample(c("agreed", "left", "moved", "open"), n, TRUE, c(0.4, 0.3, 0.08, 0.22)),
  group = sample(c("a", "b", "c"), n, TRUE, c(0.5, 0.3, 0.2)),
  stratum = sample(1:3, n, TRUE)
)
sessions$event <- as.integer(sessions$ending != "open")
sessions$time[c(5, 40)] <- NA
sessions$event[17] <- NA
sessions$ending[17] <- NA
sets$sessions <- sessions

# Exactly half are left over a stretch that an event ends, and over one that nothing ends.
sets$half <- list(time = c(2, 4, 7, 9), event = c(1, 1, 1, 1))
sets$half_open <- list(time = c(2, 4, 7, 9), event = c(1, 1, 0, 0))
sets$half_product <- list(
  time = c(1, 1, 1, 2, 2, 3, 3, 4, 6, 6, 8, 9, 9, 12), event = c(1, 1, 0, 1, 1, 1, 0, 1, 0, 1, 1, 0, 1, 1)
)
# The example of the docstrings, and everyone ends.
sets$small <- list(time = c(1, 2, 2, 3, 5), event = c(1, 1, 0, 1, 0))
sets$all_end <- list(time = c(3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5), event = rep(1, 11))
# Delayed entry.
entry <- sample(0:4, 60, TRUE)
late <- list(entry = entry, time = entry + rgeom(60, 0.2) + 1)
late$ending <- sample(c("agreed", "left", "open"), 60, TRUE, c(0.45, 0.35, 0.2))
late$event <- as.integer(late$ending != "open")
late$group <- sample(1:2, 60, TRUE)
# Someone is at risk throughout, so that the curve does not fall to 0 early.
late$entry[1:6] <- 0
late$time[1:6] <- c(9, 11, 12, 14, 15, 17)
sets$late <- late
# No two times alike.
sets$days <- list(time = round(rexp(40, 1 / 90), 4) + 0.5, event = rbinom(40, 1, 0.7),
  group = rep(1:2, 20))

with_rows <- function(set, names) {
  data <- as.data.frame(set[names])
  data[complete.cases(data), , drop = FALSE]
}
unknown <- function(share, value) ifelse(share <= 1e-12 | share >= 1 - 1e-12, NA, value)
surv_of <- function(d) {
  if ("entry" %in% names(d)) Surv(d$entry, d$time, d$event) else Surv(d$time, d$event)
}

# --- Kaplan-Meier, quantiles, restricted mean -----------------------------------------------------
for (name in c("sessions", "half", "half_open", "half_product", "small", "all_end", "late", "days")) {
  columns <- intersect(c("entry", "time", "event"), names(sets[[name]]))
  d <- with_rows(sets[[name]], columns)
  for (scale in names(scales)) {
    for (level in c(0.95, 0.8)) {
      fit <- survfit(surv_of(d) ~ 1, conf.type = scales[[scale]], conf.int = level)
      table <- list(
        time = fit$time, at_risk = fit$n.risk, events = fit$n.event, estimate = fit$surv,
        standard_error = unknown(fit$surv, summary(fit, censored = TRUE)$std.err),
        ci_low = unknown(fit$surv, fit$lower), ci_high = unknown(fit$surv, fit$upper), n = nrow(d)
      )
      if (name != "late") table$censored <- fit$n.censor
      add(
        id = sprintf("kaplan_meier_%s_%s_%.2f", name, scale, level), `function` = "kaplan_meier",
        source = "survival 3.5-3, survfit", set = name, columns = columns,
        options = list(ci = scale, level = level, missing = "omit"), expected = table
      )
      for (p in c(0.25, 0.5, 0.7)) {
        # R takes a curve without limits at 1 and 0; here too nothing is known there.
        fit$lower <- unknown(fit$surv, fit$lower)
        fit$upper <- unknown(fit$surv, fit$upper)
        q <- quantile(fit, p)
        add(
          id = sprintf("median_time_%s_%s_%.2f_%.2f", name, scale, level, p),
          `function` = "median_time", source = "survival 3.5-3, quantile.survfit", set = name,
          columns = columns,
          options = list(ci = scale, level = level, probability = p, missing = "omit"),
          expected = list(
            estimate = q$quantile[[1]], ci_low = q$lower[[1]], ci_high = q$upper[[1]], n = nrow(d)
          )
        )
      }
    }
  }
  fit <- survfit(surv_of(d) ~ 1)
  for (horizon in c(1.5, 3, 5, 8, 60)) {
    if (max(d$time) < horizon || min(d$time) >= horizon) next
    row <- summary(fit, rmean = horizon)$table
    # The same once more by the definition: the area, and the squared areas after each event.
    s <- stepfun(fit$time, c(1, fit$surv))
    area <- function(from) {
      if (from >= horizon) return(0)
      edges <- c(from, fit$time[fit$time > from & fit$time < horizon], horizon)
      sum(diff(edges) * s(head(edges, -1)))
    }
    left <- fit$n.risk - fit$n.event
    term <- ifelse(left == 0 | fit$time >= horizon, 0,
      sapply(fit$time, area)^2 * fit$n.event / (fit$n.risk * pmax(left, 1)))
    stopifnot(
      isTRUE(all.equal(area(0), row[["rmean"]], tolerance = 1e-12)),
      isTRUE(all.equal(sqrt(sum(term)), row[["se(rmean)"]], tolerance = 1e-12))
    )
    error <- if (row[["se(rmean)"]] > 0) row[["se(rmean)"]] else NA
    add(
      id = sprintf("restricted_mean_%s_%.1f", name, horizon), `function` = "restricted_mean",
      source = "survival 3.5-3, summary(survfit, rmean); the definition in base R", set = name,
      columns = columns, options = list(horizon = horizon, missing = "omit"),
      expected = list(
        estimate = row[["rmean"]], standard_error = error,
        ci_high = row[["rmean"]] + qnorm(0.975) * error, n = nrow(d)
      )
    )
  }
}
for (name in c("late", "days")) {
  columns <- intersect(c("entry", "time", "event", "group"), names(sets[[name]]))
  d <- with_rows(sets[[name]], columns)
  horizon <- if (name == "days") 90 else 8
  rows <- summary(survfit(surv_of(d) ~ d$group), rmean = horizon)$table
  error <- sqrt(sum(rows[, "se(rmean)"]^2))
  add(
    id = sprintf("restricted_mean_difference_%s", name), `function` = "restricted_mean_difference",
    source = "survival 3.5-3, summary(survfit, rmean)", set = name, columns = columns,
    options = list(horizon = horizon, reference = 1),
    expected = list(
      estimate = rows[2, "rmean"] - rows[1, "rmean"], standard_error = error,
      ci_low = rows[2, "rmean"] - rows[1, "rmean"] - qnorm(0.975) * error
    )
  )
}

# --- Aalen-Johansen -------------------------------------------------------------------------------
for (name in c("sessions", "late")) {
  columns <- intersect(c("entry", "time", "ending"), names(sets[[name]]))
  d <- with_rows(sets[[name]], columns)
  kinds <- setdiff(sort(unique(d$ending)), "open")
  state <- factor(d$ending, levels = c("open", kinds))
  late <- "entry" %in% columns
  fit <- survfit(Surv(d$time, state) ~ 1)
  times <- fit$time
  if (late) {
    # With delayed entry the jackknife of survfit is no sum over times. Greenwood's recursion for
    # a state vector: V <- M' V M + p0^2 C, M the step's transition matrix, C its multinomial error.
    fit <- survfit(Surv(d$entry, d$time, state) ~ 1, id = seq_len(nrow(d)))
    keep <- fit$time %in% d$time
    times <- fit$time[keep]
    fit$pstate <- fit$pstate[keep, ]
    size <- length(kinds) + 1
    v <- matrix(0, size, size)
    p0 <- 1
    errors <- NULL
    for (u in times) {
      y <- sum(d$entry < u & d$time >= u)
      h <- sapply(kinds, function(k) sum(d$time == u & d$ending == k)) / y
      move <- diag(size)
      move[1, ] <- c(1 - sum(h), h)
      v <- t(move) %*% v %*% move + p0^2 * (diag(move[1, ]) - outer(move[1, ], move[1, ])) / y
      p0 <- p0 * (1 - sum(h))
      errors <- rbind(errors, sqrt(diag(v)))
    }
  }
  for (scale in names(scales)) {
    if (late) {
      fit$std.err <- errors
      limits <- survival:::survfit_confint(fit$pstate, errors, FALSE, scales[[scale]], 0.95)
      fit$lower <- limits$lower
      fit$upper <- limits$upper
    } else {
      fit <- survfit(Surv(d$time, state) ~ 1, conf.type = scales[[scale]])
    }
    part <- function(x) lapply(seq_along(kinds), function(k) {
      unknown(fit$pstate[, k + 1], x[, k + 1])
    })
    add(
      id = sprintf("aalen_johansen_delta_%s_%s", name, scale), `function` = "aalen_johansen",
      source = if (late) {
        "survival 3.5-3, survfit of several states; Greenwood's recursion in base R"
      } else {
        "survival 3.5-3, survfit of several states (infinitesimal jackknife)"
      },
      set = name, columns = columns,
      options = list(censored = "open", variance = "delta", ci = scale, missing = "omit"),
      expected = list(
        endings = kinds, time = times, event_free = fit$pstate[, 1],
        estimate = lapply(seq_along(kinds), function(k) fit$pstate[, k + 1]),
        standard_error = part(fit$std.err), ci_low = part(fit$lower), ci_high = part(fit$upper)
      )
    )
  }
  if (late) next
  incidence <- cuminc(d$time, d$ending, cencode = "open")
  times <- sort(unique(d$time))
  read <- timepoints(incidence, times)
  est <- read$est[paste("1", kinds), , drop = FALSE]
  add(
    id = sprintf("aalen_johansen_aalen_%s", name), `function` = "aalen_johansen",
    source = "cmprsk 2.2-11, cuminc and timepoints", set = name, columns = columns,
    options = list(censored = "open", variance = "aalen", missing = "omit"),
    expected = list(
      endings = kinds, time = times,
      estimate = lapply(seq_along(kinds), function(k) unname(est[k, ])),
      standard_error = lapply(seq_along(kinds), function(k) {
        unknown(est[k, ], unname(sqrt(read$var[paste("1", kinds[k]), ])))
      })
    )
  )
}

# --- log-rank -------------------------------------------------------------------------------------
sum_strata <- function(x) if (is.matrix(x)) rowSums(x) else x
test_case <- function(name, columns, fit, groups, id) {
  e <- sum_strata(fit$exp)
  o <- sum_strata(fit$obs)
  add(
    id = id, `function` = "log_rank", source = "survival 3.5-3, survdiff", set = name,
    columns = columns, options = list(missing = "omit"),
    expected = list(
      observed = o, expected = e, covariance = lapply(seq_len(nrow(fit$var)), function(i) fit$var[i, ]),
      statistic = fit$chisq, df = length(e) - 1, p_value = pchisq(fit$chisq, length(e) - 1, lower.tail = FALSE)
    )
  )
}
d <- with_rows(sets$sessions, c("time", "event", "group", "stratum"))
test_case("sessions", c("time", "event", "group"),
  survdiff(Surv(time, event) ~ group, d), 3, "log_rank_sessions")
test_case("sessions", c("time", "event", "group", "stratum"),
  survdiff(Surv(time, event) ~ group + strata(stratum), d), 3, "log_rank_sessions_strata")
test_case("days", c("time", "event", "group"),
  survdiff(Surv(time, event) ~ group, as.data.frame(sets$days)), 2, "log_rank_days")
# survdiff refuses delayed entry; its own definition, time by time.
d <- with_rows(sets$late, c("entry", "time", "event", "group"))
oe <- v <- 0
for (u in sort(unique(d$time[d$event == 1]))) {
  in_risk <- d$entry < u & d$time >= u
  y <- sum(in_risk)
  y1 <- sum(in_risk & d$group == 1)
  e <- sum(d$time == u & d$event == 1)
  oe <- oe + sum(d$time == u & d$event == 1 & d$group == 1) - e * y1 / y
  if (y > 1) v <- v + e * (y - e) / (y - 1) * (y1 / y) * (1 - y1 / y)
}
add(
  id = "log_rank_late", `function` = "log_rank", source = "the definition in base R", set = "late",
  columns = c("entry", "time", "event", "group"), options = list(missing = "omit"),
  expected = list(statistic = oe^2 / v, df = 1, p_value = pchisq(oe^2 / v, 1, lower.tail = FALSE))
)

# --- hazards --------------------------------------------------------------------------------------
# Persons by sessions: a score of experience that moves, an age that does not, leaving made likelier
# by a low score.
rows <- do.call(rbind, lapply(1:70, function(i) {
  last <- sample(2:12, 1)
  x <- round(rnorm(last, 0, 1), 2)
  age <- round(runif(1, 6, 20), 1)
  left <- runif(last) < plogis(-2.2 - 0.8 * x + 0.03 * (age - 13))
  end <- if (any(left)) min(which(left)) else last
  data.frame(
    person = i, worker = (i * 7) %% 11, period = seq_len(end), experience = x[seq_len(end)],
    age = age, event = as.integer(seq_len(end) == end & any(left))
  )
}))
rows$start <- rows$period - 1
rows$experience[c(4, 90)] <- NA
sets$person_sessions <- as.list(rows)
d <- rows[complete.cases(rows), ]
exact <- coxph.control(eps = 1e-14, iter.max = 100, toler.chol = 1e-15)
for (robust in c(FALSE, TRUE)) {
  model <- Surv(start, period, event) ~ experience + age
  fit <- if (robust) {
    coxph(model, d, ties = "efron", cluster = worker, control = exact)
  } else {
    coxph(model, d, ties = "efron", control = exact)
  }
  add(
    id = sprintf("cox_%s", if (robust) "clusters" else "model"), `function` = "cox",
    source = "survival 3.5-3, coxph(ties = \"efron\")", set = "person_sessions",
    columns = c("start", "period", "event", if (robust) "worker"), options = list(missing = "omit"),
    expected = list(
      estimate = unname(coef(fit)), standard_error = unname(sqrt(diag(vcov(fit)))),
      covariance = lapply(1:2, function(i) unname(vcov(fit)[i, ])),
      log_likelihood = fit$loglik[2], log_likelihood_null = fit$loglik[1],
      n_events = sum(d$event)
    )
  )
  # Sessions at which nobody leaves have no finite intercept; their rows say nothing of the rest.
  mixed <- with(d, tapply(event, period, function(e) any(e == 1) && any(e == 0)))
  kept <- d[mixed[as.character(d$period)], ]
  logistic <- glm(event ~ 0 + factor(period) + experience + age, binomial, kept,
    control = glm.control(epsilon = 1e-15, maxit = 200))
  v <- if (robust) {
    vcovCL(logistic, cluster = kept$worker, type = "HC0", cadjust = TRUE)
  } else {
    vcov(logistic)
  }
  last <- length(coef(logistic)) - 1:0
  add(
    id = sprintf("discrete_hazard_%s", if (robust) "clusters" else "model"),
    `function` = "discrete_hazard",
    source = "base R, glm of the sessions with and without the event; sandwich 3.0-2, vcovCL",
    set = "person_sessions", columns = c("period", "event", if (robust) "worker"),
    options = list(missing = "omit"),
    expected = list(
      estimate = unname(coef(logistic)[last]), standard_error = unname(sqrt(diag(v))[last]),
      covariance = lapply(last, function(i) unname(v[i, last])),
      log_likelihood = as.numeric(logLik(logistic)),
      baseline_of_mixed = unname(plogis(coef(logistic)[-last])), n_events = sum(d$event)
    )
  )
}

json <- function(x) jsonlite::toJSON(x, auto_unbox = TRUE, digits = NA, na = "null")
lines <- sapply(cases, json)
writeLines(
  c(paste0("{\"sets\": ", json(sets), ","), "\"cases\": [", paste(lines, collapse = ",\n"), "]}"),
  "survival.json"
)
