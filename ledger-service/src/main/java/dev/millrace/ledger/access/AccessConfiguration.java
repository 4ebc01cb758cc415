package dev.millrace.ledger.access;

import com.google.common.base.Ticker;
import dev.millrace.common.message.OutageLog;
import dev.millrace.ledger.problem.LedgerProblems;
import dev.millrace.ledger.settings.LedgerSettings;
import dev.millrace.service.problem.Problem;
import jakarta.servlet.DispatcherType;
import java.time.Clock;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.http.HttpMethod;
import org.springframework.security.config.Customizer;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.config.annotation.web.configurers.AbstractHttpConfigurer;
import org.springframework.security.config.http.SessionCreationPolicy;
import org.springframework.security.config.observation.SecurityObservationSettings;
import org.springframework.security.oauth2.jwt.Jwt;
import org.springframework.security.oauth2.jwt.JwtDecoder;
import org.springframework.security.oauth2.server.resource.authentication.JwtAuthenticationConverter;
import org.springframework.security.oauth2.server.resource.web.access.BearerTokenAccessDeniedHandler;
import org.springframework.security.web.SecurityFilterChain;
import org.springframework.security.web.access.AccessDeniedHandler;

/** Who may ask for what. What no rule names is the administrator's. */
@Configuration(proxyBeanMethods = false)
public class AccessConfiguration {
    /** Name of the authority that the scope {@code ledger.admin} becomes. */
    static final String ADMIN = "SCOPE_ledger.admin";

    @Bean
    OutageLog jwkSetOutage(Ticker ticker) {
        return new OutageLog("The JWK set of the bearer tokens can't be had", ticker);
    }

    @Bean
    RememberedTokens jwtDecoder(LedgerSettings settings, Clock clock, OutageLog jwkSetOutage) {
        JwtDecoder decoder = BearerTokens.decoder(settings, clock);
        JwtDecoder watched = token -> {
            Jwt checked = decoder.decode(token);
            jwkSetOutage.over();
            return checked;
        };
        return new RememberedTokens(watched, BearerTokens.validator(settings, clock), Ticker.systemTicker());
    }

    /** One for the filters and for those who know without them. */
    @Bean
    JwtAuthenticationConverter jwtAuthenticationConverter() {
        return new JwtAuthenticationConverter();
    }

    @Bean
    KnownReaders knownReaders(RememberedTokens tokens, JwtAuthenticationConverter converter) {
        return new KnownReaders(tokens, converter);
    }

    /** Otherwise each filter of a request is observed, which takes longer than reading a balance. */
    @Bean
    SecurityObservationSettings securityObservationSettings() {
        return SecurityObservationSettings.noObservations();
    }

    @Bean
    SecurityFilterChain access(HttpSecurity http, LedgerProblems problems, OutageLog jwkSetOutage) throws Exception {
        TokenRefusals refusals = new TokenRefusals(problems, jwkSetOutage);
        return http.csrf(AbstractHttpConfigurer::disable) // no cookie speaks for anyone here
                .sessionManagement(sessions -> sessions.sessionCreationPolicy(SessionCreationPolicy.STATELESS))
                .requestCache(AbstractHttpConfigurer::disable)
                .logout(AbstractHttpConfigurer::disable)
                .authorizeHttpRequests(rules -> rules.dispatcherTypeMatchers(DispatcherType.ERROR)
                        .permitAll()
                        .requestMatchers(
                                HttpMethod.GET,
                                "/actuator/health/**",
                                "/actuator/prometheus",
                                "/openapi/**",
                                "/docs",
                                "/openapi.yaml",
                                "/swagger-ui/**")
                        .permitAll()
                        .requestMatchers("/v1/creators/{creator}/**")
                        .access(OwnData::allowed)
                        .anyRequest()
                        .hasAuthority(ADMIN))
                .oauth2ResourceServer(server -> server.jwt(Customizer.withDefaults())
                        .authenticationEntryPoint(refusals)
                        .accessDeniedHandler(forbidden(problems))
                        .withObjectPostProcessor(refusals.postProcessor()))
                .exceptionHandling(
                        refused -> refused.authenticationEntryPoint(refusals).accessDeniedHandler(forbidden(problems)))
                .build();
    }

    private static AccessDeniedHandler forbidden(LedgerProblems problems) {
        BearerTokenAccessDeniedHandler header = new BearerTokenAccessDeniedHandler();
        return (request, response, denied) -> {
            header.handle(request, response, denied);
            problems.write(
                    request,
                    response,
                    Problem.FORBIDDEN.because(
                            "the token's subject is another than the creator asked for, and its scope does not hold ledger.admin"));
        };
    }
}
