# Computes the whole document of the analysis plan from the CSV files of each folder named on the command line, with R's own
# functions only, and writes r.json beside them. Undefined numbers are null; infinite ones are the texts Inf and -Inf.
suppressMessages({
  library(jsonlite); library(coin); library(exactRankTests); library(MASS); library(survival)
  library(car); library(sandwich); library(nlme); library(lmerTest); library(pbkrtest)
})
options(warn = -1)
ARMS <- c("open", "sham", "treated"); AFTER <- c("24h", "1m", "3m", "6m"); VISITS <- c("screening", "baseline", AFTER)
COUNTED <- c("new_ce_lesions", "new_t2_lesions", "relapses")
OUTCOMES <- c("vhiss", COUNTED, "edss", "pbvc", "sdmt", "pasat", "msqol_physical", "msqol_mental")
CHANGES <- c("edss", "pbvc", "sdmt", "pasat", "msqol_physical", "msqol_mental")
NOMINAL <- c("24h" = 1, "1m" = 30, "3m" = 91, "6m" = 182)

num <- function(x) {
  if (length(x) == 0) return(NA)
  x <- unname(x)
  if (length(x) > 1) return(lapply(x, num))
  if (is.na(x)) NA else if (is.infinite(x)) (if (x > 0) "Inf" else "-Inf") else x
}
try_or <- function(expression, default = NA) { r <- try(expression, silent = TRUE); if (inherits(r, "try-error")) default else r }
named <- function(keys, value) setNames(lapply(keys, value), keys)

describe <- function(x, total = length(x)) {
  v <- x[!is.na(x)]; n <- length(v); q <- function(p, t) if (n) num(quantile(v, p, type = t)) else NA
  list(n = n, n_missing = total - n, mean = if (n) mean(v) else NA, sd = if (n > 1) sd(v) else NA, median = if (n) median(v) else NA,
    q1_type7 = q(.25, 7), q3_type7 = q(.75, 7), iqr_type7 = if (n) q(.75, 7) - q(.25, 7) else NA,
    q1_type2 = q(.25, 2), q3_type2 = q(.75, 2), iqr_type2 = if (n) q(.75, 2) - q(.25, 2) else NA,
    min = if (n) min(v) else NA, max = if (n) max(v) else NA)
}
wilson <- function(x, n) {
  z <- qnorm(.975); p <- x / n; m <- (p + z^2 / (2 * n)) / (1 + z^2 / n); h <- z / (1 + z^2 / n) * sqrt(p * (1 - p) / n + z^2 / (4 * n^2))
  c(if (x == 0) 0 else m - h, if (x == n) 1 else m + h)
}
proportion <- function(x, n) {
  if (n == 0) return(list(x = x, n = n, prop = NA, cp_lo = NA, cp_hi = NA, wilson_lo = NA, wilson_hi = NA))
  b <- binom.test(x, n)$conf.int; w <- wilson(x, n)
  list(x = x, n = n, prop = x / n, cp_lo = b[1], cp_hi = b[2], wilson_lo = w[1], wilson_hi = w[2])
}
compare_proportions <- function(x1, n1, x0, n0) {
  out <- list(treated = proportion(x1, n1), sham = proportion(x0, n0))
  keys <- c("diff", "newcombe_lo", "newcombe_hi", "fisher_p", "odds_ratio_cmle", "or_cmle_lo", "or_cmle_hi", "odds_ratio_sample")
  if (n1 == 0 || n0 == 0) return(c(out, named(keys, function(k) NA)))
  w1 <- wilson(x1, n1); w0 <- wilson(x0, n0); p1 <- x1 / n1; p0 <- x0 / n0; d <- p1 - p0
  f <- fisher.test(matrix(c(x1, n1 - x1, x0, n0 - x0), 2, byrow = TRUE))
  degenerate <- x1 + x0 == 0 || x1 + x0 == n1 + n0
  a <- x1 * (n0 - x0); b <- x0 * (n1 - x1)
  c(out, list(diff = d, newcombe_lo = d - sqrt((p1 - w1[1])^2 + (w0[2] - p0)^2), newcombe_hi = d + sqrt((w1[2] - p1)^2 + (p0 - w0[1])^2),
    fisher_p = f$p.value, odds_ratio_cmle = if (degenerate) NA else num(f$estimate), or_cmle_lo = num(f$conf.int[1]), or_cmle_hi = num(f$conf.int[2]),
    odds_ratio_sample = if (b > 0) a / b else if (a > 0) "Inf" else NA))
}
in_arms <- function(flag, arm) {
  n <- function(a) sum(arm == a); x <- function(a) sum(flag & arm == a)
  c(list(open = proportion(x("open"), n("open"))), compare_proportions(x("treated"), n("treated"), x("sham"), n("sham")))
}
RANKS <- c("U_treated", "U_sham", "var_tie_corrected", "prob_index", "z_nocc", "p_asym_nocc", "p_asym_cc", "p_exact_coin",
  "p_exact_one_sided_greater", "p_exact_one_sided_less", "p_exact_doubled", "hl_shift", "hl_lo_orderstat", "hl_hi_orderstat", "hl_orderstat_k")
ranks <- function(x, y) {
  x <- round(x[!is.na(x)], 10); y <- round(y[!is.na(y)], 10); m <- length(x); n <- length(y)
  out <- list(n_treated = m, n_sham = n)
  if (m == 0 || n == 0) return(c(out, named(RANKS, function(k) NA)))
  r <- rank(c(x, y)); u <- sum(r[1:m]) - m * (m + 1) / 2; t <- table(r); N <- m + n
  v <- m * n / 12 * (N + 1 - sum(t^3 - t) / (N * (N - 1))); varies <- length(unique(c(x, y))) > 1
  g <- factor(rep(c("x", "y"), c(m, n)), levels = c("x", "y"))
  exact <- function(alternative) if (N > 60) NA else if (!varies) 1 else
    num(pvalue(wilcox_test(c(x, y) ~ g, distribution = "exact", alternative = alternative)))
  up <- exact("greater"); down <- exact("less")
  d <- sort(outer(x, y, "-"))
  k <- if (N <= 60) max(1, qwilcox(.025, m, n)) else max(1, round(m * n / 2 - qnorm(.975) * sqrt(m * n * (N + 1) / 12)))
  c(out, list(U_treated = u, U_sham = m * n - u, var_tie_corrected = if (varies) v else 0, prob_index = u / (m * n),
    z_nocc = if (varies) (u - m * n / 2) / sqrt(v) else NA,
    p_asym_nocc = if (varies) wilcox.test(x, y, exact = FALSE, correct = FALSE)$p.value else NA,
    p_asym_cc = if (varies) min(1, wilcox.test(x, y, exact = FALSE, correct = TRUE)$p.value) else NA,
    p_exact_coin = exact("two.sided"), p_exact_one_sided_greater = up, p_exact_one_sided_less = down,
    p_exact_doubled = if (is.na(up)) NA else min(1, 2 * min(up, down)),
    hl_shift = median(d), hl_lo_orderstat = d[k], hl_hi_orderstat = d[length(d) + 1 - k], hl_orderstat_k = k))
}
t_block <- function(x, y, pooled) {
  x <- x[!is.na(x)]; y <- y[!is.na(y)]
  d <- if (length(x) && length(y)) mean(x) - mean(y) else NA
  r <- if (length(x) && length(y)) try_or(t.test(x, y, var.equal = pooled), NULL) else NULL
  if (is.null(r) || is.nan(r$p.value)) return(list(t = NA, df = NA, p = NA, diff = d, lo = NA, hi = NA))
  list(t = num(r$statistic), df = num(r$parameter), p = r$p.value, diff = d, lo = r$conf.int[1], hi = r$conf.int[2])
}
means <- function(x, y) list(pooled = t_block(x, y, TRUE), welch = t_block(x, y, FALSE))
within <- function(d) {
  d <- round(d[!is.na(d)], 10); n <- length(d); nz <- d[d != 0]; k <- length(nz)
  t <- if (n > 1) try_or(t.test(d), NULL) else NULL
  if (!is.null(t) && is.nan(t$p.value)) t <- NULL
  r <- rank(abs(nz)); v <- if (n) sum(r[nz > 0]) else NA
  signed <- function(method, ...) num(pvalue(wilcoxsign_test(d ~ rep(0, n), zero.method = method, ...)))
  # Pratt by hand too: coin refuses a single pair.
  walsh <- function(x) { o <- outer(x, x, "+") / 2; median(o[!lower.tri(o)]) }
  asym <- function(correct) if (k) min(1, wilcox.test(d, exact = FALSE, correct = correct)$p.value) else NA
  list(n_pairs = n, n_zero = n - k, mean_diff = if (n) mean(d) else NA, sd_diff = if (n > 1) sd(d) else NA, median_diff = if (n) median(d) else NA,
    t = if (is.null(t)) NA else num(t$statistic), df = if (is.null(t)) NA else num(t$parameter), p_t = if (is.null(t)) NA else t$p.value,
    lo = if (is.null(t)) NA else t$conf.int[1], hi = if (is.null(t)) NA else t$conf.int[2],
    V_positive_zeros_dropped = v, W_min_zeros_dropped = if (n) min(v, sum(r) - v) else NA,
    p_wilcoxon_asym_nocc = asym(FALSE), p_wilcoxon_asym_cc = asym(TRUE),
    p_pratt_asym = if (k) try_or(signed("Pratt")) else NA,
    p_wilcoxon_exact = if (k && k <= 60) try_or(num(wilcox.exact(nz, exact = TRUE)$p.value)) else NA,
    p_wilcoxon_exact_coin = if (k && k <= 60) try_or(signed("Wilcoxon", distribution = "exact")) else NA,
    p_pratt_exact = if (k && k <= 60) try_or(signed("Pratt", distribution = "exact")) else NA,
    hl_pseudomedian_all = if (n) walsh(d) else NA, hl_pseudomedian_nonzero = if (k) walsh(nz) else NA,
    sign_test_p = if (k) binom.test(sum(nz > 0), k)$p.value else NA)
}

# Models
COEFFICIENT <- c("estimate", "se", "t", "p", "lo", "hi", "se_hc3")
no_test <- list(ss = NA, df = NA, f = NA, p = NA)
model <- function(data, outcome, covariates, interaction = FALSE, tables = c("type2"), emmeans = "emmeans") {
  data <- data[complete.cases(data[c(outcome, covariates)]) & data$arm != "open", ]; data$arm <- factor(data$arm, levels = c("sham", "treated"))
  right <- paste(c(covariates, "arm"), collapse = if (interaction) " * " else " + ")
  formula <- as.formula(paste(outcome, "~", right))
  names <- c("(Intercept)", covariates, "armtreated", if (interaction) paste0(covariates, ":armtreated"))
  terms <- c(covariates, "arm", if (interaction) paste0(covariates, ":arm"))
  fit <- try_or(lm(formula, data), NULL)
  if (!is.null(fit) && (any(is.na(coef(fit))) || length(unique(data$arm)) < 2)) fit <- NULL
  usable <- !is.null(fit) && fit$df.residual > 0 && summary(fit)$sigma > 1e-8
  s <- if (!is.null(fit)) summary(fit) else NULL
  coefficient <- function(name) {
    if (is.null(fit)) return(named(COEFFICIENT, function(k) NA))
    if (fit$df.residual == 0) return(c(list(estimate = num(coef(fit)[name])), named(COEFFICIENT[-1], function(k) NA)))
    if (!usable) return(list(estimate = num(coef(fit)[name]), se = 0, t = NA, p = NA, lo = num(coef(fit)[name]), hi = num(coef(fit)[name]), se_hc3 = if (any(hatvalues(fit) > 1 - 1e-10)) NA else 0))
    h <- hatvalues(fit); e <- unname(s$coefficients[name, ]); ci <- confint(fit)[name, ]
    list(estimate = e[1], se = e[2], t = e[3], p = e[4], lo = num(ci[1]), hi = num(ci[2]),
      se_hc3 = if (any(h > 1 - 1e-10)) NA else num(sqrt(vcovHC(fit, type = "HC3")[name, name])))
  }
  judged <- !is.null(fit) && fit$df.residual > 0  # a perfect fit has sums of squares and no test; car refuses it
  table_of <- function(a, ss, df, f, p, rows) named(rows, function(t) if (is.null(fit)) no_test else if (is.null(a)) "skip" else list(ss = a[t, ss], df = a[t, df],
    f = if (t == "Residuals" || !usable) NA else a[t, f], p = if (t == "Residuals" || !usable) NA else a[t, p]))
  sums <- if (usable) lm(formula, data, contrasts = list(arm = contr.sum)) else NULL
  point <- function(arm_value, average) { nd <- data.frame(lapply(data[covariates], mean)); nd <- if (length(covariates)) nd else data.frame(row.names = 1)
    nd$arm <- factor(arm_value, levels = c("sham", "treated")); model.matrix(delete.response(terms(fit)), nd) }
  linear <- function(L, difference) {
    if (is.null(fit)) return(if (difference) named(c("estimate", "se", "lo", "hi", "t", "p"), function(k) NA) else named(c("emmean", "se", "lo", "hi"), function(k) NA))
    e <- sum(L * coef(fit))
    if (!judged) { se <- q <- NA } else { se <- sqrt(sum(L * (vcov(fit) %*% L))); q <- qt(.975, fit$df.residual) }
    if (difference) list(estimate = e, se = se, lo = e - q * se, hi = e + q * se, t = if (usable) e / se else NA, p = if (usable) 2 * pt(-abs(e / se), fit$df.residual) else NA)
    else list(emmean = e, se = se, lo = e - q * se, hi = e + q * se)
  }
  S <- if (!is.null(fit)) as.numeric(point("sham")) else NA; T <- if (!is.null(fit)) as.numeric(point("treated")) else NA
  out <- list(fit = list(n = if (is.null(fit)) NA else nrow(data), df_residual = if (is.null(fit)) NA else fit$df.residual,
    sigma = if (judged) s$sigma else NA, r_squared = if (is.null(fit)) NA else num(s$r.squared), coefficients = named(names, coefficient)))
  residual <- c(terms, "Residuals")
  if ("type2" %in% tables) { a <- if (usable) Anova(fit, type = 2); out$type2 <- table_of(a, "Sum Sq", "Df", "F value", "Pr(>F)", residual) }
  if ("type3" %in% tables) { a <- if (usable) Anova(sums, type = 3); out$type3_sum_contrasts <- table_of(a, "Sum Sq", "Df", "F value", "Pr(>F)", c("(Intercept)", residual)) }
  if ("type1" %in% tables) { a <- if (judged) anova(fit); out$type1 <- table_of(a, "Sum Sq", "Df", "F value", "Pr(>F)", residual) }
  if (!is.null(emmeans)) out[[emmeans]] <- list(sham = linear(S, FALSE), treated = linear(T, FALSE), diff = linear(T - S, TRUE))
  out
}

# Counts
rate <- function(events, years) {
  if (years == 0) return(list(events = events, person_years = 0, rate_per_year = NA, lo = NA, hi = NA))
  g <- poisson.test(events, years)$conf.int; list(events = events, person_years = years, rate_per_year = events / years, lo = g[1], hi = g[2])
}
ratio <- function(x1, t1, x0, t0) {
  if (t1 == 0 || t0 == 0) return(list(rate_ratio = NA, lo = NA, hi = NA, p = NA, p_doubled = NA))
  if (x1 + x0 == 0) return(list(rate_ratio = NA, lo = 0, hi = "Inf", p = 1, p_doubled = 1))
  r <- poisson.test(c(x1, x0), c(t1, t0)); q <- t1 / (t1 + t0)
  list(rate_ratio = num(r$estimate), lo = num(r$conf.int[1]), hi = num(r$conf.int[2]), p = binom.test(x1, x1 + x0, q)$p.value,
    p_doubled = min(1, 2 * min(pbinom(x1, x1 + x0, q), pbinom(x1 - 1, x1 + x0, q, lower.tail = FALSE))))
}
NB <- c("rate_ratio", "log_rr", "se_log_rr_glmnb_expected_info", "lo_wald", "hi_wald", "p_wald", "theta", "alpha", "se_theta", "loglik", "lr_chisq", "p_lr", "profile_lo", "profile_hi")
JOINT <- c("log_rr", "alpha", "se_log_rr_observed_info", "lo", "hi", "p", "loglik")
negative_binomial <- function(x, arm, years) {
  none <- function(score) c(list(identifiable = FALSE, score_alpha_at_poisson = score), named(NB, function(k) NA), list(joint_ml = named(JOINT, function(k) NA)))
  if (!all(c("sham", "treated") %in% arm)) return(none(NA))
  mu <- ave(x, arm, FUN = sum) / ave(years, arm, FUN = sum) * years; score <- sum((x - mu)^2 - x)
  if (any(tapply(x, arm, sum) == 0) || score <= 1e-9) return(none(score))
  fit <- try_or(glm.nb(x ~ arm + offset(log(years)), control = glm.control(maxit = 500, epsilon = 1e-14)), NULL)
  if (is.null(fit) || fit$theta > 1e4) return(list(identifiable = "skip"))
  zero <- try_or(glm.nb(x ~ 1 + offset(log(years)), control = glm.control(maxit = 500, epsilon = 1e-14)), NULL)
  b <- coef(summary(fit))["armtreated", ]; lr <- if (is.null(zero)) NA else as.numeric(2 * (logLik(fit) - logLik(zero)))
  nll <- function(p) -sum(dnbinom(x, size = exp(-p[3]), mu = years * exp(p[1] + p[2] * (arm == "treated")), log = TRUE))
  start <- c(coef(fit), -log(fit$theta)); h <- optimHess(start, nll, control = list(ndeps = rep(1e-4, 3)))
  se <- sqrt(solve(h)[2, 2]); z <- qnorm(.975); e <- unname(b[1]); s <- unname(b[2])
  ll <- function(delta) { o <- optimize(function(a) sum(dnbinom(x, size = fit$theta, mu = years * exp(a + delta * (arm == "treated")), log = TRUE)), coef(fit)[1] + c(-30, 30), maximum = TRUE, tol = 1e-12); o$objective }
  edge <- function(sign) { f <- function(d) 2 * (as.numeric(logLik(fit)) - ll(d)) - qchisq(.95, 1); far <- 1; while (f(e + sign * far) < 0) far <- far * 2; exp(uniroot(f, sort(c(e, e + sign * far)), tol = 1e-12)$root) }
  list(identifiable = TRUE, score_alpha_at_poisson = score, rate_ratio = exp(e), log_rr = e, se_log_rr_glmnb_expected_info = s, lo_wald = exp(e - z * s), hi_wald = exp(e + z * s),
    p_wald = 2 * pnorm(-abs(e / s)), theta = fit$theta, alpha = 1 / fit$theta, se_theta = fit$SE.theta, loglik = fit$twologlik / 2, lr_chisq = lr,
    p_lr = pchisq(lr, 1, lower.tail = FALSE), profile_lo = edge(-1), profile_hi = edge(1),
    joint_ml = list(log_rr = e, alpha = 1 / fit$theta, se_log_rr_observed_info = se, lo = exp(e - z * se), hi = exp(e + z * se), p = 2 * pnorm(-abs(e / se)), loglik = fit$twologlik / 2))
}
# Where each arm has one score at a visit, or no patient is seen at two visits, the likelihood does not depend on a (co)variance: gls stops anywhere.
tells_covariance <- function(long) {
  seen <- table(long$subject, long$visit) > 0; arms <- tapply(as.character(long$arm), long$visit, function(a) length(unique(a)))
  all(crossprod(seen) > 0) && all(colSums(seen) > arms)
}
GLM <- c("log_rr", "se", "p_wald", "lo", "hi", "pearson_dispersion", "quasi_se", "robust_hc0_se")
poisson_glm <- function(x, arm, years) {
  if (!all(c("sham", "treated") %in% arm) || any(tapply(x, arm, sum) == 0)) return(named(GLM, function(k) NA))
  fit <- glm(x ~ arm + offset(log(years)), poisson, control = glm.control(epsilon = 1e-14, maxit = 100)); b <- coef(summary(fit))["armtreated", ]
  disp <- if (fit$df.residual > 0) sum(residuals(fit, "pearson")^2) / fit$df.residual else NA; z <- qnorm(.975)
  list(log_rr = num(b[1]), se = num(b[2]), p_wald = num(b[4]), lo = exp(num(b[1]) - z * num(b[2])), hi = exp(num(b[1]) + z * num(b[2])),
    pearson_dispersion = disp, quasi_se = num(b[2]) * sqrt(disp), robust_hc0_se = sqrt(vcovHC(fit, type = "HC0")["armtreated", "armtreated"]))
}
counts <- function(d) {  # d: subject, arm (factor of ARMS), x, days, nominal; NA without any count
  has <- !is.na(d$x); p <- d[has & d$arm != "open", ]; arm <- factor(as.character(p$arm), levels = c("sham", "treated")); T <- p$arm == "treated"; S <- p$arm == "sham"
  x <- p$x; both <- any(T) && any(S); varies <- both && length(unique(x)) > 1; N <- nrow(p)
  by_arm <- named(ARMS, function(a) {
    m <- d$arm == a; h <- m & has; c(describe(d$x[m]), list(sum = sum(d$x[h]), n_any = sum(d$x[h] > 0), any = proportion(sum(d$x[h] > 0), sum(h)),
      rate = rate(sum(d$x[h]), sum(d$days[h]) / 365.25), rate_nominal = rate(sum(d$x[h]), sum(d$nominal[h]) / 365.25)))
  })
  perm <- function(alternative, ...) if (!both) NA else if (!varies) (if (length(list(...))) 1 else NA) else
    num(pvalue(oneway_test(x ~ factor(arm, levels = c("treated", "sham")), alternative = alternative, ...)))
  exact <- function(alternative) if (N > 60) NA else perm(alternative, distribution = "exact")
  up <- exact("greater"); down <- exact("less")
  q <- if (varies) chisq.test(table(arm, x), correct = FALSE) else NULL
  r <- function(w) ratio(sum(x[T]), sum(w[T]), sum(x[S]), sum(w[S]))
  list(by_arm = by_arm, any_vs_none = compare_proportions(sum(x[T] > 0), sum(T), sum(x[S] > 0), sum(S)), mann_whitney = ranks(x[T], x[S]),
    permutation_mean_diff = list(mean_diff = if (both) mean(x[T]) - mean(x[S]) else NA, p_asym = perm("two.sided"), p_exact_two_sided = exact("two.sided"),
      p_exact_greater = up, p_exact_less = down, p_exact_doubled = if (is.na(up)) NA else min(1, 2 * min(up, down))),
    t_test = means(x[T], x[S]), poisson_exact = r(p$days / 365.25), poisson_exact_nominal_fu = r(p$nominal / 365.25), poisson_exact_equal_n_ratio = r(rep(1, N)),
    pearson_chisq_count_table = if (is.null(q)) list(chisq = NA, df = NA, p = NA) else list(chisq = num(q$statistic), df = num(q$parameter), p = q$p.value),
    freeman_halton_p = if (varies) try_or(fisher.test(table(arm, x), workspace = 2e7)$p.value, "skip") else NA,
    poisson_glm = poisson_glm(x, arm, p$days / 365.25), negative_binomial = negative_binomial(x, arm, p$days / 365.25),
    negative_binomial_nominal_fu = negative_binomial(x, arm, p$nominal / 365.25))
}

# Survival
survival <- function(d) {  # d: subject, arm, time, event; NA time: not observed
  d <- d[!is.na(d$time), ]
  by_arm <- named(ARMS, function(a) {
    e <- d[d$arm == a, ]
    landmarks <- function(scale) {
      if (nrow(e) == 0) return(named(c("surv", "std_err", "lo", "hi", "n_risk"), function(k) list(NA, NA, NA)))
      s <- summary(survfit(Surv(time, event) ~ 1, data = e, conf.type = scale), times = c(30, 91, 182), extend = TRUE)
      list(surv = num(s$surv), std_err = num(s$std.err), lo = num(s$lower), hi = num(s$upper), n_risk = num(s$n.risk))
    }
    f <- if (nrow(e)) survfit(Surv(time, event) ~ 1, data = e) else NULL; s <- if (nrow(e)) summary(f) else NULL
    unbox <- function(v) if (length(v) == 0) list() else num(v)
    c(list(n = nrow(e), events = sum(e$event)), setNames(lapply(c("log", "log-log", "plain"), landmarks), paste0("at_30_91_182_", c("log", "log-log", "plain"))),
      list(steps = list(time = unbox(s$time), n_risk = unbox(s$n.risk), n_event = unbox(s$n.event), surv = unbox(s$surv), std_err = unbox(s$std.err)),
        median = if (is.null(f)) NA else num(quantile(f, .5)$quantile), q10 = if (is.null(f)) NA else num(quantile(f, .1)$quantile)))
  })
  p <- d[d$arm != "open", ]; p$arm <- factor(as.character(p$arm), levels = c("sham", "treated")); both <- all(table(p$arm) > 0)
  l <- if (both && sum(p$event)) try_or(survdiff(Surv(time, event) ~ arm, p), NULL) else NULL
  defined <- !is.null(l) && l$var[1, 1] > 0
  logrank <- if (!both) named(c("chisq", "p", "observed_sham", "observed_treated", "expected_sham", "expected_treated"), function(k) NA) else
    list(chisq = if (defined) l$chisq else NA, p = if (defined) pchisq(l$chisq, 1, lower.tail = FALSE) else NA,
      observed_sham = if (is.null(l)) 0 else l$obs[1], observed_treated = if (is.null(l)) 0 else l$obs[2],
      expected_sham = if (is.null(l)) 0 else l$exp[1], expected_treated = if (is.null(l)) 0 else l$exp[2])
  cox <- function(ties) {
    keys <- c("log_hr", "hr", "lo", "hi", "se", "p_wald", "p_lr", "p_score")
    events <- tapply(p$event, p$arm, sum)
    if (!both || any(events == 0)) return(named(keys, function(k) NA))
    f <- try_or(coxph(Surv(time, event) ~ arm, p, ties = ties, control = coxph.control(eps = 1e-14, iter.max = 100)), NULL)
    if (is.null(f) || sqrt(f$var[1, 1]) > 10) return(named(keys, function(k) "skip"))
    s <- summary(f); b <- unname(coef(f)); e <- sqrt(f$var[1, 1]); z <- qnorm(.975)
    list(log_hr = b, hr = exp(b), lo = exp(b - z * e), hi = exp(b + z * e), se = e, p_wald = num(s$waldtest["pvalue"]), p_lr = num(s$logtest["pvalue"]), p_score = num(s$sctest["pvalue"]))
  }
  list(by_arm = by_arm, logrank = logrank, cox_efron = cox("efron"), cox_breslow = cox("breslow"),
    per_patient = lapply(seq_len(nrow(d)), function(i) list(subject = d$subject[i], time = d$time[i], event = as.integer(d$event[i]))))
}

# Mixed models
mixed <- function(long) {
  terms <- c("(Intercept)", "b", "armtreated", paste0("visit", AFTER[-1]), paste0("armtreated:visit", AFTER[-1]))
  fixed <- function(beta, V) named(terms, function(t) if (is.null(beta)) list(estimate = NA, se = NA) else list(estimate = num(beta[t]), se = sqrt(V[t, t])))
  out <- list(n_obs = nrow(long), n_subjects = length(unique(long$subject)))
  long$subject <- factor(long$subject); long$k <- as.integer(long$visit)
  lm0 <- if (nrow(long) > length(terms) && all(table(long$arm) > 0)) lm(y ~ b + arm * visit, long) else NULL
  ok <- !is.null(lm0) && !any(is.na(coef(lm0))) && summary(lm0)$sigma > 1e-8
  m <- if (ok) try_or(suppressMessages(lmer(y ~ b + arm * visit + (1 | subject), long, control = lmerControl(optimizer = "bobyqa", optCtrl = list(rhoend = 1e-10)))), NULL) else NULL
  out$skip <- ok && is.null(m)
  f <- if (ok) try_or(lme(y ~ b + arm * visit, random = ~1 | subject, data = long), NULL) else NULL
  out$lme_random_intercept <- if (is.null(m)) list(reml_loglik = NA, fixed = fixed(NULL), sd_subject = NA, sd_residual = NA) else if (is.null(f)) list(reml_loglik = "skip") else
    list(reml_loglik = as.numeric(logLik(f)), fixed = fixed(fixef(f), vcov(f)), sd_subject = as.numeric(VarCorr(f)[1, 2]), sd_residual = f$sigma)
  contrast <- function(v) { L <- setNames(numeric(length(terms)), terms); L["armtreated"] <- 1; if (v != "24h") L[paste0("armtreated:visit", v)] <- 1; L }
  TYPE3 <- c("f", "num_df", "den_df", "p")
  if (is.null(m)) out$lmer_random_intercept <- list(reml_loglik = NA, var_subject = NA, var_residual = NA, fixed = fixed(NULL),
    type3_satterthwaite = named(c("b", "arm", "visit", "arm:visit"), function(t) named(TYPE3, function(k) NA)),
    diff_by_visit = named(AFTER, function(v) named(c("estimate", "se", "df_satterthwaite", "p_satterthwaite", "p_z", "se_kr", "df_kr", "p_kr"), function(k) NA)))
  else {
    V <- as.matrix(vcov(m)); vc <- as.data.frame(VarCorr(m))$vcov; singular <- vc[1] < 1e-8
    a <- try_or(anova(m, type = 3), NULL); adjusted <- try_or(vcovAdj(m), NULL)
    out$lmer_random_intercept <- list(reml_loglik = as.numeric(logLik(m)), var_subject = vc[1], var_residual = vc[2], fixed = fixed(fixef(m), V),
      type3_satterthwaite = named(c("b", "arm", "visit", "arm:visit"), function(t) if (is.null(a)) named(TYPE3, function(k) "skip") else list(f = a[t, "F value"], num_df = a[t, "NumDF"], den_df = a[t, "DenDF"], p = a[t, "Pr(>F)"])),
      diff_by_visit = named(AFTER, function(v) {
        L <- contrast(v); e <- sum(L * fixef(m)); s <- sqrt(sum(L * (V %*% L))); st <- try_or(contest1D(m, L), NULL)
        kr <- if (is.null(adjusted)) NULL else { ak <- sqrt(sum(L * (as.matrix(adjusted) %*% L))); dk <- Lb_ddf(L, V, adjusted); list(ak, dk, 2 * pt(-abs(e / ak), dk)) }
        list(estimate = e, se = s, df_satterthwaite = if (is.null(st)) "skip" else st$df, p_satterthwaite = if (is.null(st)) "skip" else st[["Pr(>|t|)"]], p_z = 2 * pnorm(-abs(e / s)),
          se_kr = if (is.null(kr)) "skip" else kr[[1]], df_kr = if (is.null(kr)) "skip" else kr[[2]], p_kr = if (is.null(kr)) "skip" else kr[[3]])
      }))
  }
  g <- if (is.null(m)) NULL else try_or(gls(y ~ b + arm * visit, correlation = corSymm(form = ~ k | subject), weights = varIdent(form = ~ 1 | visit), data = long,
    control = glsControl(opt = "nlminb", maxIter = 1000, msMaxIter = 2000, tolerance = 1e-10, msTol = 1e-12)), NULL)
  DIFF <- c("estimate", "se", "p_z", "p_t_residual_df", "residual_df")
  if (is.null(m)) out$gls_unstructured <- list(reml_loglik = NA, fixed = fixed(NULL), sigma = NA, vcov_unstructured = lapply(AFTER, function(i) lapply(AFTER, function(j) NA)), diff_by_visit = named(AFTER, function(v) named(DIFF, function(k) NA)))
  else if (is.null(g) || !tells_covariance(long)) out$gls_unstructured <- list(reml_loglik = "skip")
  else {
    df <- nrow(long) - length(terms); sd <- g$sigma * coef(g$modelStruct$varStruct, unconstrained = FALSE, allCoef = TRUE)[AFTER]
    R <- corMatrix(g$modelStruct$corStruct); R <- R[[which.max(sapply(R, NROW))]]
    V <- if (NROW(R) == 4) R * outer(sd, sd) else NULL
    out$gls_unstructured <- list(reml_loglik = as.numeric(logLik(g)), fixed = fixed(coef(g), vcov(g)), sigma = num(sd[1]),
      vcov_unstructured = if (is.null(V)) "skip" else lapply(1:4, function(i) num(V[i, ])),
      diff_by_visit = named(AFTER, function(v) { L <- contrast(v); e <- sum(L * coef(g)); s <- sqrt(sum(L * (vcov(g) %*% L)))
        list(estimate = e, se = s, p_z = 2 * pnorm(-abs(e / s)), p_t_residual_df = 2 * pt(-abs(e / s), df), residual_df = df) }))
  }
  out
}

compute <- function(folder) {
  read <- function(suffix) read.csv(file.path(folder, paste0("one", suffix, ".csv")), colClasses = "character", na.strings = "", strip.white = TRUE, check.names = FALSE)
  v <- read(""); ae <- read("_ae"); rel <- read("_relapses")
  for (c in c("study_day", "age", OUTCOMES)) v[[c]] <- as.numeric(v[[c]])
  ae$ctcae_grade <- as.numeric(ae$ctcae_grade); ae$onset_day <- as.numeric(ae$onset_day); rel$onset_day <- as.numeric(rel$onset_day)
  subjects <- sort(unique(v$subject), method = "radix"); first <- function(column) sapply(subjects, function(s) { x <- v[[column]][v$subject == s]; x <- x[!is.na(x)]; if (length(x)) x[1] else NA })
  arm <- factor(first("arm"), levels = ARMS); sex <- first("sex"); age <- as.numeric(first("age"))
  at <- function(column, visit) v[[column]][match(paste(subjects, visit), paste(v$subject, v$visit))]
  change <- function(o, visit) round(if (o == "pbvc") at(o, visit) else at(o, visit) - at(o, "baseline"), 10)
  by_arm <- function(x) named(ARMS, function(a) describe(x[arm == a])); T <- arm == "treated"; S <- arm == "sham"; O <- arm == "open"
  out <- list()
  out$demographics <- named(ARMS, function(a) { m <- arm == a; list(n = sum(m), age = describe(age[m]), female = sum(sex[m] == "F", na.rm = TRUE), male = sum(sex[m] == "M", na.rm = TRUE), sex_missing = sum(is.na(sex[m]))) })
  out$descriptives <- named(ARMS, function(a) named(VISITS, function(w) named(OUTCOMES, function(o) describe(at(o, w)[arm == a]))))
  b <- at("vhiss", "baseline"); pct <- function(w) round(100 * (at("vhiss", w) - b) / ifelse(b == 0, NA, b), 10)
  one <- at("vhiss", "1m"); responder <- ifelse(is.na(b) | b == 0 | is.na(one), NA, (b - one) * 4 > 3 * b); seen <- !is.na(responder); yes <- seen & responder %in% TRUE
  response <- function(kept) list(open = proportion(sum(yes & O & kept), sum(O & kept)), treated_vs_sham = compare_proportions(sum(yes & T & kept), sum(T & kept), sum(yes & S & kept), sum(S & kept)))
  x75 <- pct("1m")[O]; x75 <- x75[!is.na(x75)]; t75 <- if (length(x75) > 1 && sd(x75) > 0)  # of equal values R refuses t but where they are zero
     try_or(t.test(x75, mu = -75), NULL) else NULL
  if (!is.null(t75) && is.nan(t75$p.value)) t75 <- NULL
  pick <- function(t, f) if (is.null(t)) NA else f(t)
  out$vhiss_response <- list(
    per_patient = lapply(seq_along(subjects), function(i) list(subject = subjects[i], arm = as.character(arm[i]), baseline = b[i], m1 = one[i], pct_change_1m = pct("1m")[i], responder_1m = responder[i], pct_change = named(AFTER, function(w) pct(w)[i]))),
    pct_change_by_arm = named(AFTER, function(w) by_arm(pct(w))), observed = response(seen), nonresponder_imputation = response(TRUE),
    pct_change_1m_treated_vs_sham = ranks(pct("1m")[T], pct("1m")[S]),
    open_pct_change_1m_vs_minus75 = list(mean = if (length(x75)) mean(x75) else NA, lo = pick(t75, function(t) t$conf.int[1]), hi = pick(t75, function(t) t$conf.int[2]), t = pick(t75, function(t) num(t$statistic)), p = pick(t75, function(t) t$p.value), wilcoxon = within(x75 + 75)))
  out$phase1_paired <- named(c("vhiss", CHANGES), function(o) named(AFTER, function(w) within(change(o, w)[O])))
  summed <- function(o) { m <- sapply(c("1m", "3m", "6m"), function(w) at(o, w)); m <- matrix(m, ncol = 3); days <- matrix(sapply(c("1m", "3m", "6m"), function(w) at("study_day", w)), ncol = 3); days[is.na(m)] <- NA
    nominal <- matrix(rep(c(30, 91, 182), each = nrow(m)), ncol = 3); nominal[is.na(m)] <- NA; none <- rowSums(!is.na(m)) == 0; top <- function(z) ifelse(none, NA, apply(z, 1, function(r) suppressWarnings(max(r, na.rm = TRUE))))
    data.frame(subject = subjects, arm = arm, x = ifelse(none, NA, rowSums(m, na.rm = TRUE)), days = top(days), nominal = top(nominal), complete = !is.na(m[, 3])) }
  out$counts <- named(COUNTED, function(o) { d <- summed(o); complete <- d; complete[!d$complete, c("x", "days", "nominal")] <- NA
    list(per_patient = lapply(seq_along(subjects), function(i) list(subject = subjects[i], arm = as.character(arm[i]), cumulative = d$x[i], fu_days = d$days[i], fu_days_nominal = d$nominal[i])), available = counts(d), completers_6m = counts(complete)) })
  data <- data.frame(arm = arm, t2 = summed("new_t2_lesions")$x, vhiss_change = change("vhiss", "6m"), vhiss_baseline = b, early = change("vhiss", "1m"), vhiss_pct_change = pct("6m"))
  all3 <- c("type2", "type3", "type1"); M <- "emmeans_at_covariate_means"; a1 <- data; a1$vhiss_change <- data$early
  out$ancova_t2 <- list(A_change_plus_arm = model(data, "t2", "vhiss_change", FALSE, all3, M), B_change_plus_baseline_plus_arm = model(data, "t2", c("vhiss_change", "vhiss_baseline"), FALSE, all3, M),
    C_interaction = model(data, "t2", "vhiss_change", TRUE, all3, M), A1_change_to_1m = model(a1, "t2", "vhiss_change", FALSE, "type2", M), A2_percent_change = model(data, "t2", "vhiss_pct_change", FALSE, "type2", NULL))
  out$change <- named(CHANGES, function(o) named(c("3m", "6m"), function(w) { d <- change(o, w)
    list(change_by_arm = by_arm(d), mann_whitney = ranks(d[T], d[S]), t_test = means(d[T], d[S]),
      ancova = model(data.frame(arm = arm, value = at(o, w), baseline = at(o, "baseline")), "value", if (o == "pbvc") character() else "baseline"), within_arm = named(ARMS, function(a) within(d[arm == a]))) }))
  asked <- sapply(AFTER, function(w) ifelse(is.na(at("relapses", w)), NA, at("study_day", w))); asked <- matrix(asked, ncol = 4)
  last <- apply(asked, 1, function(r) if (all(is.na(r))) NA else max(r, na.rm = TRUE))
  onset <- sapply(subjects, function(s) { x <- rel$onset_day[rel$subject == s & rel$onset_day >= 0]; if (length(x)) min(x) else NA })
  n_rel <- matrix(sapply(AFTER, function(w) at("relapses", w)), ncol = 4)
  n_first <- apply(n_rel, 1, function(r) { k <- which(r > 0); if (length(k)) NOMINAL[k[1]] else NA }); n_last <- apply(n_rel, 1, function(r) { k <- which(!is.na(r)); if (length(k)) NOMINAL[max(k)] else NA })
  out$time_to_first_relapse <- list(onset_day = survival(data.frame(subject = subjects, arm = arm, time = ifelse(is.na(last), NA, ifelse(is.na(onset), last, onset)), event = !is.na(onset))),
    nominal_visit_day = survival(data.frame(subject = subjects, arm = arm, time = ifelse(is.na(n_first), n_last, n_first), event = !is.na(n_first))))
  emergent <- is.na(ae$onset_day) | ae$onset_day >= 0; e <- ae[emergent, ]; e$term <- tolower(trimws(e$term)); Y <- function(x) x %in% "Y"; upto <- function(k) !is.na(e$onset_day) & e$onset_day <= k
  count <- function(kept) { who <- e$subject[kept]; c(in_arms(subjects %in% who, arm), list(events = named(ARMS, function(a) sum(who %in% subjects[arm == a])))) }
  top <- sapply(subjects, function(s) { g <- e$ctcae_grade[e$subject == s]; if (!length(g)) -1 else if (all(is.na(g))) 0 else max(g, na.rm = TRUE) })
  out$adverse_events <- list(n_safety = named(ARMS, function(a) sum(arm == a)), any = count(rep(TRUE, nrow(e))), serious = count(Y(e$serious)), related = count(Y(e$related)), serious_related = count(Y(e$serious) & Y(e$related)),
    grade_ge_3_event = count(e$ctcae_grade %in% 3:5), within_24h = count(upto(1)), within_1m = count(upto(30)), by_term = named(sort(unique(e$term)), function(t) count(e$term == t)),
    max_grade = c(setNames(lapply(1:5, function(g) in_arms(top == g, arm)), paste0("g", 1:5)), list(missing = in_arms(top == 0, arm), ge2 = in_arms(top >= 2, arm), ge3 = in_arms(top >= 3, arm))), n_not_treatment_emergent = sum(!emergent))
  long <- do.call(rbind, lapply(AFTER, function(w) data.frame(subject = subjects, arm = arm, visit = w, b = b, y = at("vhiss", w))))
  long <- long[!is.na(long$y) & !is.na(long$b) & long$arm != "open", ]; long$arm <- factor(as.character(long$arm), levels = c("sham", "treated")); long$visit <- factor(long$visit, levels = AFTER)
  long <- long[order(long$subject, long$visit), ]
  out$mixed_model_vhiss <- mixed(long)
  write(toJSON(out, auto_unbox = TRUE, digits = NA, na = "null", null = "null"), file.path(folder, "r.json"))
}
for (folder in commandArgs(trailingOnly = TRUE)) { r <- try(compute(folder)); if (inherits(r, "try-error")) quit(status = 1) }
