package dev.millrace.ledger.money;

import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;

/** Wires this station. */
@Configuration(proxyBeanMethods = false)
@Import({CorrectionEndpoint.class, PayoutEndpoint.class, HoldEndpoint.class})
public class MoneyConfiguration {}
