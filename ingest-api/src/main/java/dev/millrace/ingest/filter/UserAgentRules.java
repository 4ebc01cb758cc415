package dev.millrace.ingest.filter;

import dev.millrace.common.token.Filter;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Judges a user agent by its words and by its form. A list knows names; these rules also know robots that no list names yet. A user
 * agent has at most one kind, so that switching one filter off does not wake another. Immutable.
 */
final class UserAgentRules {
    /** Phones whose names end in bot: all of CUBOT's, and "M bot 60" or "POWER BOT" of others. */
    private static final Pattern PHONE =
            Pattern.compile("cubot|(?<=android[^()]{1,40}; )(?:\\w{1,8}[ _])?bot(?=[ _][^;)/]*[;)])");

    /** A mail address: a letter stands behind the at, since Ecosia's app writes {@code ios@9.2.3}. */
    private static final Pattern MAIL = Pattern.compile("[\\w.+-]@[a-z][\\w-]*\\.[\\w.-]*[a-z]{2}");

    /** A host that stands alone. Packages of Android apps begin with {@code com.}, so a dot follows there. */
    private static final Pattern HOST = Pattern.compile("[a-z0-9-]{2}\\.(?:com|net|org|io|ai)(?![\\w.-])");

    /** What follows "compatible" is a robot's name, except in these browsers. */
    private static final Pattern COMPATIBLE = Pattern.compile(
            "compatible[;,](?! *(?:msie|konqueror|netpositive|ibrowse|abrowse|amiga|u;|ms-office|icab|omniweb|webpositive"
                    + "|windows|linux|x11|mac|mc68|opera|dillo|risc|googletoolbar|aweb))");

    /** The form of browsers' user agents since 1994. */
    private static final Pattern BROWSER = Pattern.compile("(?:mozilla|opera)/\\d.*", Pattern.DOTALL);

    /** Some phones and proxies repeat the header's name in its value. */
    private static final String HEADER = "user-agent: ";

    /** What a library or a disguise puts before another's user agent: {@code hackney/1.6.6, Mozilla/5.0 …}. Televisions put no comma there. */
    private static final Pattern BEFORE = Pattern.compile("[^(]{1,80}, mozilla/.*", Pattern.DOTALL);

    /** Addresses in the user agents of people: makers of browsers and toolbars, and the translator that a page is read through. */
    private static final Pattern HARMLESS = Pattern.compile(
            "(?:https?://)?(?:www\\.)?(?:avantbrowser|bsalsa|ant|translate\\.google)\\.com|google wap proxy");

    private final Words preview;
    private final Words automation;
    private final Words robot;
    private final Words platform;
    private final Words device;

    private UserAgentRules(Map<String, Words> sections) {
        preview = Objects.requireNonNull(sections.get("preview"));
        automation = Objects.requireNonNull(sections.get("automation"));
        robot = Objects.requireNonNull(sections.get("robot"));
        platform = Objects.requireNonNull(sections.get("platform"));
        device = Objects.requireNonNull(sections.get("device"));
    }

    static UserAgentRules builtIn() {
        return new UserAgentRules(Words.builtIn());
    }

    /** A user agent in lower case, without words of people's devices and browsers that look like a robot's. */
    static String prepared(String userAgent) {
        String text = userAgent.toLowerCase(Locale.ROOT);
        if (text.startsWith(HEADER)) {
            text = text.substring(HEADER.length());
        }
        if (text.contains("bot")) {
            text = PHONE.matcher(text).replaceAll("phone");
        }
        return text.contains(".com") || text.contains(" wap ")
                ? HARMLESS.matcher(text).replaceAll("")
                : text;
    }

    /**
     * The kind of this user agent, or empty where it may be a reader's.
     *
     * @param text prepared
     */
    Optional<Filter> kind(String text) {
        if (preview.areIn(text)) {
            return Optional.of(Filter.PREVIEW);
        }
        if (automation.areIn(text)) {
            return Optional.of(Filter.AUTOMATION);
        }
        return robot.areIn(text) || hasContact(text) || hasNoBrowser(text)
                ? Optional.of(Filter.ROBOT)
                : Optional.empty();
    }

    /** Whether it says whom to complain to: a robot's manners. */
    private static boolean hasContact(String text) {
        return text.contains("http:/")
                || text.contains("https:/")
                || text.contains("www.")
                || text.contains("[at]")
                || text.contains("(at)")
                || HOST.matcher(text).find()
                || (text.contains("@") && MAIL.matcher(text).find());
    }

    private boolean hasNoBrowser(String text) {
        return (text.contains("compatible") && COMPATIBLE.matcher(text).find())
                || BEFORE.matcher(text).matches()
                || !(BROWSER.matcher(text).matches() ? platform : device).areIn(text);
    }
}
