package dev.millrace.ledger.act;

import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;

/** Wires this station. */
@Configuration(proxyBeanMethods = false)
@Import({Acts.class, AuditEndpoint.class})
public class ActConfiguration {}
