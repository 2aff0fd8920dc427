# Computes, for every case on standard input, what the analysis plan names, with R's own
# functions. Infinite numbers travel as text.
suppressMessages({library(jsonlite); library(coin); library(exactRankTests); library(MASS); library(survival)})

number <- function(x) if (length(x) == 0 || is.na(x)) NULL else if (is.infinite(x)) "Inf" else unname(x)

check_case <- function(case) {
  x <- as.numeric(case$first); y <- as.numeric(case$second)
  tx <- as.numeric(case$first_years); ty <- as.numeric(case$second_years)
  arm <- factor(rep(c("x", "y"), c(length(x), length(y))), levels = c("y", "x"))
  value <- c(x, y); years <- c(tx, ty); varies <- length(unique(value)) > 1
  out <- list()
  out$q1_type7 <- number(quantile(x, .25, type = 7)); out$q3_type2 <- number(quantile(x, .75, type = 2))
  if (varies) {
    out$mw_exact <- number(pvalue(wilcox_test(value ~ arm, distribution = "exact")))
    out$mw_asym <- number(wilcox.test(x, y, exact = FALSE, correct = FALSE)$p.value)
    out$mw_asym_cc <- number(wilcox.test(x, y, exact = FALSE, correct = TRUE)$p.value)
    out$perm_exact <- number(pvalue(oneway_test(value ~ arm, distribution = "exact")))
    out$chisq_p <- number(suppressWarnings(chisq.test(table(arm, value), correct = FALSE)$p.value))
    curves <- survdiff(Surv(years, value > 0) ~ arm)
    # Without an event while both arms are observed R says 1; there is nothing to test.
    if (curves$var[1, 1] > 0) out$log_rank_p <- number(curves$pvalue)
    if (any(x > 0) && any(y > 0)) {
      cox <- suppressWarnings(coxph(Surv(years, value > 0) ~ arm))
      if (sqrt(cox$var[1, 1]) < 10) { out$cox_log_ratio <- number(coef(cox)); out$cox_se <- number(sqrt(cox$var[1, 1])) }
    }
    welch <- try(t.test(x, y), silent = TRUE)
    if (!inherits(welch, "try-error")) out$welch_p <- number(welch$p.value)
    fit <- lm(value ~ years + arm)
    if (fit$rank == 3 && fit$df.residual > 0 && summary(fit)$sigma > 1e-8) out$ancova_p <- number(summary(fit)$coefficients["armx", 4])
  }
  d <- sort(outer(x, y, "-")); k <- max(1, qwilcox(.025, length(x), length(y)))
  out$hl_shift <- number(median(d)); out$hl_lo <- number(d[k]); out$hl_hi <- number(d[length(d) + 1 - k])
  change <- x - mean(range(y))
  if (any(change != 0)) {
    out$signed_exact <- number(suppressWarnings(wilcox.exact(change)$p.value))
    out$signed_asym <- number(wilcox.test(change, exact = FALSE, correct = FALSE)$p.value)
    out$signed_asym_cc <- number(wilcox.test(change, exact = FALSE)$p.value)
    out$pratt_asym <- number(pvalue(wilcoxsign_test(change ~ rep(0, length(change)), zero.method = "Pratt")))
  }
  a <- sum(x > 0); b <- sum(y > 0)
  f <- fisher.test(matrix(c(a, length(x) - a, b, length(y) - b), 2, byrow = TRUE))
  out$fisher_p <- number(f$p.value)
  out$cp_lo <- number(binom.test(a, length(x))$conf.int[1]); out$cp_hi <- number(binom.test(a, length(x))$conf.int[2])
  g <- poisson.test(sum(x), sum(tx)); out$rate_lo <- number(g$conf.int[1]); out$rate_hi <- number(g$conf.int[2])
  r <- poisson.test(c(sum(x), sum(y)), c(sum(tx), sum(ty)))
  out$ratio <- number(r$estimate); out$ratio_p <- number(r$p.value)
  out$ratio_lo <- number(r$conf.int[1]); out$ratio_hi <- number(r$conf.int[2])
  poisson_fit <- c(tx * sum(x) / sum(tx), ty * sum(y) / sum(ty))
  if (a > 0 && b > 0 && sum((value - poisson_fit)^2 - value) > 0.5) {
    nb <- try(suppressWarnings(glm.nb(value ~ arm + offset(log(years)), control = glm.control(maxit = 200, epsilon = 1e-12))), silent = TRUE)
    if (!inherits(nb, "try-error") && nb$theta < 1e3) {
      out$nb_log_ratio <- number(coef(summary(nb))["armx", 1]); out$nb_se <- number(coef(summary(nb))["armx", 2])
    }
  }
  s <- summary(survfit(Surv(tx, x > 0) ~ 1, conf.type = "log-log"), times = median(tx))
  out$survival <- number(s$surv)
  if (s$surv > 0 && s$surv < 1) { out$survival_lo <- number(s$lower); out$survival_hi <- number(s$upper) }
  out
}

cases <- fromJSON(file("stdin"), simplifyVector = FALSE)
cat(toJSON(lapply(cases, function(case) check_case(lapply(case, unlist))), auto_unbox = TRUE, digits = NA))
