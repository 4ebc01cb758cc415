package dev.millrace.ledger.access;

import com.google.common.base.Ticker;
import dev.millrace.common.message.OutageLog;
import dev.millrace.ledger.problem.LedgerProblems;
import dev.millrace.ledger.settings.LedgerSettings;
import dev.millrace.service.problem.Problem;
import dev.millrace.service.problem.ProblemException;
import jakarta.servlet.DispatcherType;
import java.time.Clock;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpMethod;
import org.springframework.security.access.AccessDeniedException;
import org.springframework.security.authentication.AuthenticationServiceException;
import org.springframework.security.authentication.ProviderManager;
import org.springframework.security.authorization.AuthorizationDeniedException;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.config.annotation.web.configurers.AbstractHttpConfigurer;
import org.springframework.security.config.observation.SecurityObservationSettings;
import org.springframework.security.core.AuthenticationException;
import org.springframework.security.oauth2.core.OAuth2AuthenticationException;
import org.springframework.security.oauth2.server.resource.authentication.JwtAuthenticationProvider;
import org.springframework.security.oauth2.server.resource.web.authentication.BearerTokenAuthenticationFilter;
import org.springframework.security.web.AuthenticationEntryPoint;
import org.springframework.security.web.SecurityFilterChain;
import org.springframework.security.web.context.NullSecurityContextRepository;

/** Wires this station: who a caller is ({@link CachingJwtDecoder}), and what it may do ({@link AccessRules}). */
@Configuration(proxyBeanMethods = false)
public class AccessConfiguration {
    @Bean
    OutageLog jwkSetOutage(Ticker ticker) {
        return new OutageLog("The JWK set of the bearer tokens can't be had", ticker);
    }

    @Bean
    CachingJwtDecoder jwtDecoder(LedgerSettings settings, Clock clock, OutageLog jwkSetOutage, Ticker ticker) {
        return CachingJwtDecoder.of(settings, clock, jwkSetOutage, ticker);
    }

    /** Otherwise each filter of a request is observed, which takes longer than reading a balance. */
    @Bean
    SecurityObservationSettings securityObservationSettings() {
        return SecurityObservationSettings.noObservations();
    }

    /**
     * The one chain. No cookie speaks for anyone here, so it needs no CSRF token, session, saved request or logout. The bearer filter is made
     * by hand: Spring's configurer for resource servers adds an open address with metadata, made from the request's {@code Host}.
     */
    @Bean
    SecurityFilterChain access(
            HttpSecurity http, CachingJwtDecoder tokens, LedgerProblems problems, OutageLog jwkSetOutage)
            throws Exception {
        AuthenticationEntryPoint unauthenticated = (request, response, refused) ->
                problems.write(request, response, unauthenticated(refused, jwkSetOutage));
        BearerTokenAuthenticationFilter bearer =
                new BearerTokenAuthenticationFilter(new ProviderManager(new JwtAuthenticationProvider(tokens)));
        bearer.setAuthenticationFailureHandler(unauthenticated::commence);
        return http.csrf(AbstractHttpConfigurer::disable)
                .sessionManagement(AbstractHttpConfigurer::disable)
                .requestCache(AbstractHttpConfigurer::disable)
                .logout(AbstractHttpConfigurer::disable)
                .anonymous(AbstractHttpConfigurer::disable)
                .servletApi(AbstractHttpConfigurer::disable)
                .securityContext(context -> context.securityContextRepository(new NullSecurityContextRepository()))
                .addFilter(bearer)
                .authorizeHttpRequests(rules -> {
                    rules.dispatcherTypeMatchers(DispatcherType.ERROR)
                            .permitAll()
                            .requestMatchers(
                                    HttpMethod.GET,
                                    "/actuator/health/**",
                                    "/actuator/prometheus",
                                    "/openapi/**",
                                    "/docs",
                                    "/openapi.yaml",
                                    "/swagger-ui/**")
                            .permitAll();
                    AccessRules.apply(rules);
                })
                .exceptionHandling(refused -> refused.authenticationEntryPoint(unauthenticated)
                        .accessDeniedHandler(
                                (request, response, denied) -> problems.write(request, response, forbidden(denied))))
                .build();
    }

    /** 401: the token is missing or refused. 503: it could not be checked, because the JWK set can't be had. */
    private static ProblemException unauthenticated(AuthenticationException refused, OutageLog jwkSetOutage) {
        if (refused instanceof AuthenticationServiceException) {
            jwkSetOutage.failed(String.valueOf(refused.getMessage()));
            return Problem.IDENTITY_UNAVAILABLE.because("the keys that sign bearer tokens can't be had; try again");
        }
        if (refused instanceof OAuth2AuthenticationException) {
            return Problem.UNAUTHENTICATED
                    .because(
                            "the bearer token is malformed, expired, without iat or exp, valid for longer than tokens may be, signed by another key, or of another issuer or audience")
                    .with(HttpHeaders.WWW_AUTHENTICATE, "Bearer error=\"invalid_token\"");
        }
        return Problem.UNAUTHENTICATED
                .because(
                        "the request has no bearer token in its header 'Authorization'; one in the address is not read")
                .with(HttpHeaders.WWW_AUTHENTICATE, "Bearer");
    }

    /** 403: the token does not allow the request. */
    private static ProblemException forbidden(AccessDeniedException denied) {
        String takes = denied instanceof AuthorizationDeniedException result
                        && result.getAuthorizationResult() instanceof AccessRules.Refused refused
                ? refused.takes()
                : "another scope";
        return Problem.FORBIDDEN
                .because("this takes %s", takes)
                .with(HttpHeaders.WWW_AUTHENTICATE, "Bearer error=\"insufficient_scope\"");
    }
}
