package dev.millrace.service;

import dev.millrace.common.message.SettingException;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;

/** Prints the one line that matters instead of a stack trace; before Spring Boot's own analyzers, which would print the values. */
@Order(Ordered.HIGHEST_PRECEDENCE)
final class SettingFailureAnalyzer extends AbstractFailureAnalyzer<SettingException> {

    @Override
    protected @Nullable FailureAnalysis analyze(Throwable root, SettingException cause) {
        return new FailureAnalysis(
                String.valueOf(cause.getMessage()),
                "Set it in the environment. To try the service out, use the profile 'local'"
                        + " (SPRING_PROFILES_ACTIVE=local), which brings secrets known to everyone.",
                cause);
    }
}
