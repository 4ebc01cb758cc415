package dev.millrace.local.replay;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The article that a request target names: its path as RFC 3986 normalises it (6.2.2), so that one address is one article.
 *
 * <p>Of an absolute target the path alone counts. Query, fragment and path parameters ({@code ;jsessionid=…}) are cut off.
 * Percent-encoded unreserved characters and UTF-8 text are decoded, everything else is encoded with capital digits:
 * {@code %2f} becomes {@code %2F} and no slash. Dot segments are resolved. A slash at the end, a double slash, capital
 * letters and {@code index.html} stay, since only the server knows whether they matter. So does a percent sign without
 * two hexadecimal digits.
 */
final class Article {
    private static final Pattern ORIGIN = Pattern.compile("(?i)^https?://[^/?#]*");
    private static final Pattern SUFFIX = Pattern.compile("[?#].*", Pattern.DOTALL);
    private static final Pattern PARAMETERS = Pattern.compile(";[^/]*");

    /** What a server writes of a byte that can't stand in a log. */
    private static final Pattern ESCAPE = Pattern.compile("\\\\(?:x([0-9A-Fa-f]{2})|([\"\\\\bfnrtv]))");

    private static final String ESCAPED = "\"\\bfnrtv";
    private static final String BYTES = "\"\\\b\f\n\r\t\u000b";

    /** Characters that a path may hold as they are besides letters and digits: unreserved ones, and those with a meaning. */
    private static final String UNRESERVED = "-._~";

    private static final String WITH_A_MEANING = "/!$&'()*+,;=:@";

    /** Extensions of files that are no pages. */
    private static final Set<String> FILES = Stream.of(
                    "css js mjs map json xml xsl rss atom txt csv tsv log md markdown yaml yml ico png apng jpg jpeg gif webp",
                    "avif heic svg bmp tif tiff psd eps ai woff woff2 ttf otf eot mp3 m4a aac ogg oga opus wav flac mid mp4",
                    "m4v webm ogv avi mov mkv mpg mpeg wmv flv swf pdf ps tex doc docx xls xlsx ppt pptx odt ods odp rtf epub",
                    "mobi ics vcf zip gz tgz bz2 xz zst 7z rar tar jar war gem deb rpm apk dmg iso img exe msi dll so bin dat",
                    "torrent wasm sh py pyc lua c h cpp java class vim m4 mk conf cfg ini spec sql db bak pcap asc sig webmanifest")
            .flatMap(extensions -> Stream.of(extensions.split(" ", -1)))
            .collect(Collectors.toUnmodifiableSet());

    private Article() {}

    /**
     * The article of a request target, empty where the target has no path.
     *
     * @param target as it stands in the log, with one character a byte
     */
    static String of(String target) {
        String bytes = ESCAPE.matcher(target).replaceAll(found -> {
            String hex = found.group(1);
            char escaped =
                    hex == null ? BYTES.charAt(ESCAPED.indexOf(found.group(2))) : (char) Integer.parseInt(hex, 16);
            return Matcher.quoteReplacement(String.valueOf(escaped));
        });
        Matcher origin = ORIGIN.matcher(bytes);
        String path = SUFFIX.matcher(origin.replaceFirst("")).replaceFirst("");
        path = path.isEmpty() && origin.reset().find() ? "/" : path;
        return path.startsWith("/")
                ? withoutDotSegments(normalised(PARAMETERS.matcher(path).replaceAll("")))
                : "";
    }

    /** Whether it is a page: its last segment has no extension of a file. A dot in a slug makes no file. */
    static boolean isPage(String article) {
        String segment = article.substring(article.lastIndexOf('/') + 1);
        String extension = segment.substring(segment.lastIndexOf('.') + 1);
        return !article.isEmpty() && (segment.indexOf('.') < 0 || !FILES.contains(extension.toLowerCase(Locale.ROOT)));
    }

    private static String normalised(String path) {
        StringBuilder text = new StringBuilder(path.length());
        ByteArrayOutputStream beyondAscii = new ByteArrayOutputStream();
        for (int i = 0; i < path.length(); i++) {
            int decoded = path.charAt(i) == '%' ? decoded(path, i) : -1;
            int octet = decoded < 0 ? path.charAt(i) : decoded;
            i += decoded < 0 ? 0 : 2;
            if (octet > 0x7f) {
                beyondAscii.write(octet);
                continue;
            }
            flush(beyondAscii, text);
            boolean isText = isAlphanumeric(octet)
                    || UNRESERVED.indexOf(octet) >= 0
                    || (decoded < 0 && (WITH_A_MEANING.indexOf(octet) >= 0 || octet == '%'));
            if (isText) {
                text.append((char) octet);
            } else {
                encode(octet, text);
            }
        }
        flush(beyondAscii, text);
        return text.toString();
    }

    private static boolean isAlphanumeric(int octet) {
        return (octet >= 'a' && octet <= 'z') || (octet >= 'A' && octet <= 'Z') || (octet >= '0' && octet <= '9');
    }

    /** The octet that is percent-encoded here, or -1. */
    private static int decoded(String path, int percent) {
        if (percent + 2 >= path.length()) {
            return -1;
        }
        int high = Character.digit(path.charAt(percent + 1), 16);
        int low = Character.digit(path.charAt(percent + 2), 16);
        return high < 0 || low < 0 ? -1 : 16 * high + low;
    }

    /** UTF-8 becomes text; anything else stays encoded, Latin-1 for example. */
    private static void flush(ByteArrayOutputStream beyondAscii, StringBuilder text) {
        byte[] octets = beyondAscii.toByteArray();
        beyondAscii.reset();
        try {
            CharSequence decoded = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(octets));
            if (decoded.chars().noneMatch(Character::isISOControl)) {
                text.append(decoded);
                return;
            }
        } catch (CharacterCodingException e) {
            // Encoded below.
        }
        for (byte octet : octets) {
            encode(Byte.toUnsignedInt(octet), text);
        }
    }

    private static void encode(int octet, StringBuilder text) {
        text.append("%%%02X".formatted(octet));
    }

    /** RFC 3986, 5.2.4. */
    private static String withoutDotSegments(String path) {
        if (!path.contains("/.")) {
            return path;
        }
        List<String> segments = new ArrayList<>();
        List<String> all = List.of(path.substring(1).split("/", -1));
        for (int i = 0; i < all.size(); i++) {
            String segment = all.get(i);
            boolean isDots = segment.equals(".") || segment.equals("..");
            if (segment.equals("..") && !segments.isEmpty()) {
                segments.removeLast();
            }
            if (!isDots) {
                segments.add(segment);
            } else if (i == all.size() - 1) {
                segments.add("");
            }
        }
        return "/" + String.join("/", segments);
    }
}
