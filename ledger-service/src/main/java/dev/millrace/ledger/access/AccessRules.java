package dev.millrace.ledger.access;

import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpMethod;
import org.springframework.security.authorization.AuthorizationDecision;
import org.springframework.security.authorization.AuthorizationManager;
import org.springframework.security.authorization.AuthorizationResult;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.config.annotation.web.configurers.AuthorizeHttpRequestsConfigurer;
import org.springframework.security.core.Authentication;
import org.springframework.security.core.GrantedAuthority;
import org.springframework.security.oauth2.server.resource.authentication.JwtAuthenticationToken;
import org.springframework.security.web.access.intercept.RequestAuthorizationContext;

/**
 * Which scope opens which path. The first rule that matches decides; a path that no rule names is for {@code ledger.admin}, which is every scope
 * that begins with {@code ledger.}. A scope that changes something also reads it.
 *
 * <p>The scopes {@code publisher:<id>} and {@code publisher-keys:<id>} open paths below {@code /v1/publishers/<id>} and no other. A token that
 * has one is a publisher's: its {@code sub} opens no creator's path, whatever it is.
 */
final class AccessRules {
    private static final String ADMIN = "ledger.admin";
    private static final String KEYS = "ledger.keys";
    private static final String RATES = "ledger.rates";
    private static final String MONEY = "ledger.money";
    private static final String READ = "ledger.read";

    private static final String OWN_PUBLISHER = "publisher:";
    private static final String OWN_KEYS = "publisher-keys:";

    private static final String AUTHORITY = "SCOPE_";

    private static final List<HttpMethod> READING = List.of(HttpMethod.GET, HttpMethod.HEAD);

    /**
     * A rule.
     *
     * @param opens the scopes besides {@code ledger.admin}; {@code publisher:} and {@code publisher-keys:} stand for those of the path's publisher
     */
    private record Rule(List<HttpMethod> methods, String path, List<String> opens) {
        static Rule of(List<HttpMethod> methods, String path, String... opens) {
            return new Rule(methods, path, List.of(opens));
        }
    }

    private static final List<Rule> RULES = List.of(
            Rule.of(READING, "/v1/changes", READ),
            Rule.of(READING, "/v1/admin/publishers/**", READ, KEYS, MONEY),
            Rule.of(List.of(HttpMethod.POST), "/v1/admin/publishers", KEYS),
            Rule.of(List.of(HttpMethod.PATCH), "/v1/admin/publishers/{publisher}", MONEY),
            Rule.of(List.of(HttpMethod.POST, HttpMethod.DELETE), "/v1/admin/publishers/{publisher}/keys/**", KEYS),
            Rule.of(READING, "/v1/admin/creators/**", READ, MONEY),
            Rule.of(List.of(HttpMethod.PATCH), "/v1/admin/creators/{creator}", MONEY),
            Rule.of(READING, "/v1/admin/rates/**", READ, RATES),
            Rule.of(List.of(HttpMethod.POST, HttpMethod.DELETE), "/v1/admin/rates/**", RATES),
            Rule.of(READING, "/v1/admin/corrections/**", READ, MONEY),
            Rule.of(List.of(HttpMethod.POST), "/v1/admin/corrections", MONEY),
            Rule.of(READING, "/v1/admin/payouts/**", READ, MONEY),
            Rule.of(List.of(HttpMethod.POST), "/v1/admin/payouts/**", MONEY),
            Rule.of(READING, "/v1/admin/**", READ),
            Rule.of(READING, "/v1/publishers/{publisher}/keys", OWN_PUBLISHER, OWN_KEYS, READ, KEYS),
            Rule.of(List.of(HttpMethod.POST, HttpMethod.DELETE), "/v1/publishers/{publisher}/keys/**", OWN_KEYS, KEYS),
            Rule.of(READING, "/v1/publishers/{publisher}/corrections/**", OWN_PUBLISHER, READ, MONEY),
            Rule.of(READING, "/v1/publishers/{publisher}/creators", OWN_PUBLISHER, READ, MONEY),
            Rule.of(READING, "/v1/publishers/{publisher}/**", OWN_PUBLISHER, READ),
            Rule.of(List.of(HttpMethod.POST), "/v1/publishers/{publisher}/corrections", OWN_PUBLISHER, MONEY),
            Rule.of(
                    List.of(HttpMethod.PUT, HttpMethod.DELETE),
                    "/v1/publishers/{publisher}/creators/{creator}",
                    OWN_PUBLISHER,
                    MONEY));

    private AccessRules() {}

    static void apply(AuthorizeHttpRequestsConfigurer<HttpSecurity>.AuthorizationManagerRequestMatcherRegistry rules) {
        rules.requestMatchers("/v1/creators/{creator}/**").access(AccessRules::creator);
        for (Rule rule : RULES) {
            AuthorizationManager<RequestAuthorizationContext> decision = (caller, request) ->
                    decide(caller, named(rule.opens(), request.getVariables().get("publisher")));
            rule.methods()
                    .forEach(
                            method -> rules.requestMatchers(method, rule.path()).access(decision));
        }
        rules.anyRequest().access((caller, _) -> decide(caller, List.of()));
    }

    /** A refusal that tells which scopes the request takes. */
    static final class Refused extends AuthorizationDecision {
        private final String takes;

        private Refused(String takes) {
            super(false);
            this.takes = takes;
        }

        /** Such as {@code the scope ledger.rates or ledger.admin}. */
        String takes() {
            return takes;
        }
    }

    private static AuthorizationResult creator(
            Supplier<? extends Authentication> caller, RequestAuthorizationContext request) {
        Set<String> scopes = scopes(caller.get());
        boolean isOwn = caller.get() instanceof JwtAuthenticationToken token
                && Objects.equals(
                        request.getVariables().get("creator"), token.getToken().getSubject())
                && scopes.stream().noneMatch(AccessRules::isPublishers);
        if (isOwn || scopes.contains(READ) || scopes.contains(ADMIN)) {
            return new AuthorizationDecision(true);
        }
        return new Refused(
                "a token whose subject is the creator and that is no publisher's, or the scope " + or(List.of(READ)));
    }

    private static boolean isPublishers(String scope) {
        return scope.startsWith(OWN_PUBLISHER) || scope.startsWith(OWN_KEYS);
    }

    private static AuthorizationResult decide(Supplier<? extends Authentication> caller, List<String> opens) {
        Set<String> scopes = scopes(caller.get());
        boolean isOpen = scopes.contains(ADMIN) || opens.stream().anyMatch(scopes::contains);
        return isOpen ? new AuthorizationDecision(true) : new Refused("the scope " + or(opens));
    }

    private static List<String> named(List<String> opens, @Nullable String publisher) {
        return opens.stream()
                .map(scope -> isPublishers(scope) ? scope + publisher : scope)
                .toList();
    }

    private static String or(List<String> opens) {
        return Stream.concat(opens.stream(), Stream.of(ADMIN)).collect(Collectors.joining(" or "));
    }

    private static Set<String> scopes(@Nullable Authentication caller) {
        return caller == null
                ? Set.of()
                : caller.getAuthorities().stream()
                        .map(GrantedAuthority::getAuthority)
                        .filter(authority -> authority != null && authority.startsWith(AUTHORITY))
                        .map(authority -> authority.substring(AUTHORITY.length()))
                        .collect(Collectors.toSet());
    }
}
