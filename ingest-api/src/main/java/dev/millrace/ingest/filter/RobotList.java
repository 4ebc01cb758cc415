package dev.millrace.ingest.filter;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Properties;
import java.util.regex.Pattern;

/**
 * The robots that uap-core's kept list knows: the rules of its {@code regexes.yaml} whose device is a spider. The rules of devices are left
 * out, which take half a millisecond a user agent; two of them guard people, and {@link #PEOPLE} stands in for these. Immutable.
 */
final class RobotList {
    private static final String RULES = "/ua_parser/regexes.yaml";
    private static final String VERSION = "/META-INF/maven/com.github.ua-parser/uap-java/pom.properties";

    /** Where a rule begins in the file. Parsing all of it as YAML takes half a second of each start. */
    private static final Pattern RULE = Pattern.compile("(?m)^ {2}- (?=regex:)");

    private static final String SPIDER = "device_replacement: 'Spider'";

    /** Amazon's browser Silk, the Yahoo of old browsers for Japan, and words like Botswana, which the list's last rule takes for robots. */
    private static final Pattern PEOPLE = Pattern.compile("silk|yahoo! japan|bot(?!s?(?![a-z]))");

    private final List<Pattern> robots;
    private final String version;

    private RobotList(List<Pattern> robots, String version) {
        this.robots = robots;
        this.version = version;
    }

    /** The list of the build. */
    static RobotList builtIn() {
        try (InputStream rules = resource(RULES);
                InputStream version = resource(VERSION)) {
            Properties properties = new Properties();
            properties.load(version);
            List<Pattern> robots = Arrays.stream(RULE.split(new String(rules.readAllBytes(), StandardCharsets.UTF_8)))
                    .filter(rule -> rule.contains(SPIDER))
                    .map(RobotList::pattern)
                    .toList();
            return new RobotList(robots, "uap-java " + properties.getProperty("version"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static InputStream resource(String name) {
        return Objects.requireNonNull(RobotList.class.getResourceAsStream(name), name);
    }

    /** @param rule begins with {@code regex: '…'}, where a quote within is written twice */
    private static Pattern pattern(String rule) {
        String line = rule.lines().findFirst().orElseThrow();
        String regex =
                line.substring(line.indexOf('\'') + 1, line.lastIndexOf('\'')).replace("''", "'");
        return Pattern.compile(regex, Pattern.CASE_INSENSITIVE);
    }

    /** @param text a user agent, {@linkplain UserAgentRules#prepared prepared} */
    boolean has(String text) {
        String strangers = PEOPLE.matcher(text).replaceAll("");
        return robots.stream().anyMatch(robot -> robot.matcher(strangers).find());
    }

    /** Its name and version, {@code uap-java 1.6.1}. */
    String version() {
        return version;
    }

    /** How many of its rules are about robots. */
    int size() {
        return robots.size();
    }
}
