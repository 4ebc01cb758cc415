package dev.millrace.ingest.verify;

import dev.millrace.common.catalog.Rate;
import dev.millrace.common.catalog.RateCard;
import dev.millrace.common.token.ArticleId;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;

/**
 * Fuzz target: any token, and any claims and header under a valid signature, give a verdict; what may count is genuine.
 *
 * <p>An input is a letter for the kind, then type, key and the rest, each on a line: {@code t} a whole token, {@code p} a
 * payload to be signed, {@code h} a header, a tab and a payload to be signed.
 */
public final class TokenFuzz {
    static final long NOW = 2_000_000;

    private static final int LONGEST_DETAIL = 300;
    private static final EventVerifier VERIFIER = Tokens.verifier();

    private TokenFuzz() {}

    public static void fuzzerTestOneInput(byte[] input) {
        String[] lines = new String(input, StandardCharsets.UTF_8).split("\n", 3);
        if (lines.length < 3 || lines[0].isEmpty()) {
            return;
        }
        String type = lines[0].substring(1);
        String key = lines[1].isEmpty() ? null : lines[1];
        Event event = new Event(token(lines[0].charAt(0), lines[2]), type, key);
        switch (VERIFIER.verify(List.of(event), Sender.SERVER, Tokens.CATALOG, NOW)
                .verdicts()
                .getFirst()) {
            case Outcome rejected -> requireFitToShow(rejected, event);
            case PricedEvent priced -> requireGenuine(priced, event);
        }
    }

    private static String token(char kind, String rest) {
        int tab = rest.indexOf('\t');
        return switch (kind) {
            case 'p' -> Tokens.signed(rest);
            case 'h' -> Tokens.signed(rest.substring(0, Math.max(tab, 0)), rest.substring(tab + 1), "demo.1");
            default -> rest;
        };
    }

    private static void requireFitToShow(Outcome rejected, Event event) {
        String detail = String.valueOf(rejected.detail());
        boolean fit = detail.length() <= LONGEST_DETAIL && detail.chars().noneMatch(Character::isISOControl);
        if (!fit || detail.contains(Tokens.secret("demo.1"))) {
            throw new AssertionError("detail '%s' of %s".formatted(detail, event));
        }
    }

    private static void requireGenuine(PricedEvent event, Event received) {
        Map<String, Object> claims = Genuine.require(received, Tokens.CATALOG, NOW);
        RateCard card = Tokens.CATALOG.cardAt("demo", Math.clamp(event.issuedAt(), NOW - 900, NOW));
        Rate rate = card.rate(event.name().type()).orElseThrow();
        long quantity = claims.get("qty") instanceof Number qty ? qty.longValue() : 1;
        boolean priced = event.name().rateVersion() == card.version()
                && event.units() == Math.min(quantity, rate.cap())
                && event.micros() == event.units() * rate.micros()
                && event.micros() > 0;
        if (!priced
                || !event.name().publisher().equals("demo")
                || !event.name().creator().equals(claims.get("sub"))
                || !event.name().article().equals(claims.get("art"))
                || !ArticleId.matches(event.name().article())
                || !event.name().type().wireName().equals(received.type())
                || event.earliest() > NOW + 2) {
            throw new AssertionError("%s is not what %s signs".formatted(event, claims));
        }
    }
}
