package dev.millrace.local.command;

import dev.millrace.common.key.MasterKeys;
import dev.millrace.common.token.EventType;
import dev.millrace.common.token.Kid;
import dev.millrace.common.token.Sandbox;
import dev.millrace.local.mint.EventClaims;
import dev.millrace.local.mint.TokenMint;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** {@code millrace mint}. */
@CommandLine.Command(
        name = "mint",
        description = {
            "Print an event token, or a page token, as a publisher's server would sign it.",
            "No service has to run, but the key must exist when the token is used: ./millrace key PUBLISHER.",
            "For a sandbox (a publisher named test-…) it says on standard error whose balance earns."
        })
public final class MintCommand implements Callable<Integer> {
    /** The server's default limit of {@code exp - iat}. */
    private static final Duration LONGEST = dev.millrace.client.TokenMint.LONGEST_EVENT;

    private static final Duration USUAL = Duration.ofHours(1);
    private static final Duration LONGEST_PAGE = dev.millrace.client.TokenMint.LONGEST_PAGE;
    private static final Duration USUAL_PAGE = Duration.ofDays(30);

    private final Terminal terminal;

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Option(
            names = "--publisher",
            paramLabel = "ID",
            description = "Who signs, with its key number 1 (default: ${DEFAULT-VALUE}).")
    private String publisher = "demo";

    @Option(names = "--kid", paramLabel = "KID", description = "The key to sign with, in place of --publisher.")
    private @Nullable String kid;

    @Option(names = "--creator", paramLabel = "ID", required = true, description = "Who earns (claim sub).")
    private String creator = "";

    @Option(names = "--article", paramLabel = "ID", required = true, description = "What was read (claim art).")
    private String article = "";

    @Option(
            names = "--jti",
            paramLabel = "KEY",
            description = "The idempotency key, up to 64 characters (default: a random one).")
    private @Nullable String jti;

    @Option(
            names = "--page",
            description =
                    "Print a page token, which all readers of a cached page share. It takes --evt and --ttl besides.")
    private boolean page;

    @Option(
            names = "--ttl",
            paramLabel = "TIME",
            description = "How long it is valid, up to 2h (default: 1h); a page token up to 400d (default: 30d).")
    private @Nullable Duration ttl;

    @Option(
            names = "--evt",
            paramLabel = "TYPE",
            split = ",",
            description = "Event types it may be used for; without: view, read, scroll, reaction.")
    private List<String> types = List.of();

    @Option(names = "--qty", paramLabel = "N", description = "Units, for types priced per unit: words of a comment.")
    private @Nullable Long quantity;

    @Option(names = "--ref", paramLabel = "URL", description = "The page view's referrer.")
    private @Nullable String referrer;

    @Option(names = "--vis", paramLabel = "ID", description = "A pseudonymous visitor id.")
    private @Nullable String visitor;

    @Option(
            names = "--event",
            paramLabel = "TYPE",
            description =
                    "Print a whole event of this type, ready to be posted; --evt is set to match where it must be.")
    private @Nullable String event;

    @Option(names = "--key", paramLabel = "KEY", description = "The event's key, with --event: like, 25, 15.")
    private @Nullable String key;

    @Option(
            names = "--master",
            paramLabel = "VERSION",
            description =
                    "Version of the master key that the signing key was made under, where there are several; the newest one otherwise.")
    private int master;

    @Option(names = "--json", description = "Print {\"token\":…}.")
    private boolean json;

    public MintCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() {
        if (page && Stream.of(jti, quantity, referrer, visitor, event, key).anyMatch(Objects::nonNull)) {
            throw new CommandLine.ParameterException(
                    spec.commandLine(),
                    "--page takes no --jti, --qty, --ref, --vis, --event or --key: it names no reader");
        }
        Kid signer = signer();
        MasterKeys masterKeys = terminal.settings().masterKeys();
        int version = master == 0 ? masterKeys.newestVersion() : master;
        String secret = masterKeys
                .publisherSecret(signer, version)
                .orElseThrow(() -> new CommandLine.ParameterException(
                        spec.commandLine(), "--master " + version + " is none of " + masterKeys));
        String token = TokenMint.forPublisher(signer, secret).mint(claims());
        ObjectNode object = JsonNodeFactory.instance.objectNode().put("token", token);
        if (event != null) {
            object.put("type", event);
            if (key != null) {
                object.put("key", key);
            }
        }
        terminal.out().println(json || event != null ? object : token);
        if (Sandbox.isPublisher(signer.publisher())) {
            terminal.err()
                    .printf("sandbox %s: the creator that earns is %s%n", signer.publisher(), Sandbox.creator(creator));
        }
        return 0;
    }

    private Kid signer() {
        if (kid != null) {
            return Kid.parse(kid)
                    .orElseThrow(() -> new CommandLine.ParameterException(
                            spec.commandLine(),
                            "kid '" + kid + "' is not of the form PUBLISHER.NUMBER, such as demo.1"));
        }
        KeyCommand.checkPublisher(spec, publisher);
        return new Kid(publisher, 1);
    }

    private EventClaims claims() {
        String id = jti == null ? UUID.randomUUID().toString() : jti;
        List<String> granted = granted();
        Instant now = terminal.clock().instant();
        EventClaims claims = page
                ? new EventClaims(Map.of("pag", true)).with("sub", creator).with("art", article)
                : EventClaims.of(creator, article, id, now);
        return claims.validFor(lifetime(), now)
                .with("evt", granted.isEmpty() ? null : granted)
                .with("qty", quantity)
                .with("ref", referrer)
                .with("vis", visitor);
    }

    private Duration lifetime() {
        if (ttl == null) {
            return page ? USUAL_PAGE : USUAL;
        }
        if (ttl.compareTo(page ? LONGEST_PAGE : LONGEST) > 0 || ttl.isZero()) {
            throw new CommandLine.ParameterException(
                    spec.commandLine(),
                    "--ttl is %s; the server takes more than 0 and up to %s".formatted(ttl, page ? "400d" : "2h"));
        }
        return ttl;
    }

    private List<String> granted() {
        boolean needed = types.isEmpty()
                && event != null
                && EventType.named(event).map(type -> !type.grantedByDefault()).orElse(false);
        return needed && event != null ? List.of(event) : types;
    }
}
