package dev.millrace.local.replay;

import java.net.URLDecoder;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The article that a request target names: its path as RFC 3986 normalises it (6.2.2), so that one address is one article.
 *
 * <p>Of an absolute target the path alone counts. Query, fragment and path parameters ({@code ;jsessionid=…}) are cut off.
 * Percent-encoded unreserved characters and UTF-8 text are decoded, everything else is encoded with capital digits:
 * {@code %2f} becomes {@code %2F} and no slash. Dot segments are resolved. Only the server knows whether a slash at the end, a
 * double slash, capital letters or {@code index.html} matter, so they stay. A percent sign without two hexadecimal digits
 * stays, too. {@link java.net.URI} would refuse such a path and merge double slashes.
 */
final class Article {
    private static final Pattern ORIGIN = Pattern.compile("(?i)^https?://[^/?#]*");
    private static final Pattern CUT_OFF = Pattern.compile("(?s)[?#].*|;[^/?#]*");

    /** A server's escape of a byte that can't stand in a log: its digits, or a letter for it. */
    private static final Pattern ESCAPE = Pattern.compile("\\\\(?:x(\\p{XDigit}{2})|([\"\\\\bfnrtv]))");

    private static final Map<String, String> ESCAPED =
            Map.of("\"", "22", "\\", "5C", "b", "08", "f", "0C", "n", "0A", "r", "0D", "t", "09", "v", "0B");

    /** Octets that are encoded, or that a path can't hold as they are. */
    private static final Pattern OCTETS = Pattern.compile("(?:%\\p{XDigit}{2}|[^\\w!$%&'()*+,;=:@/.~-])++");

    private static final Pattern RESERVED = Pattern.compile("[^\\w.~-]");
    private static final Pattern RESERVED_OR_CONTROL = Pattern.compile("[\\x00-\\x9f&&[^\\w.~-]]");
    private static final HexFormat PERCENT = HexFormat.of().withPrefix("%").withUpperCase();

    /** Extensions of files that are no pages. */
    private static final Set<String> FILES = Set.of(
            ("css js mjs map json xml xsl rss atom txt csv tsv log md markdown yaml yml ico png apng jpg jpeg gif webp avif heic"
                            + " svg bmp tif tiff psd eps ai woff woff2 ttf otf eot mp3 m4a aac ogg oga opus wav flac mid mp4 m4v"
                            + " webm ogv avi mov mkv mpg mpeg wmv flv swf pdf ps tex doc docx xls xlsx ppt pptx odt ods odp rtf"
                            + " epub mobi ics vcf zip gz tgz bz2 xz zst 7z rar tar jar war gem deb rpm apk dmg iso img exe msi"
                            + " dll so bin dat torrent wasm sh py pyc lua c h cpp java class vim m4 mk conf cfg ini spec sql db"
                            + " bak pcap asc sig webmanifest")
                    .split(" ", -1));

    private Article() {}

    /**
     * The article of a request target, empty where the target has no path.
     *
     * @param target as it stands in the log, with one character a byte
     */
    static String of(String target) {
        Matcher origin = ORIGIN.matcher(ESCAPE.matcher(target).replaceAll(Article::percentEncoded));
        boolean isAbsolute = origin.find();
        String path = CUT_OFF.matcher(origin.replaceFirst("")).replaceAll("");
        if (path.isEmpty() && isAbsolute) {
            return "/";
        }
        return path.startsWith("/") ? withoutDotSegments(OCTETS.matcher(path).replaceAll(Article::normalised)) : "";
    }

    /** Whether it is a page: its last segment has no extension of a file. A dot in a slug makes no file. */
    static boolean isPage(String article) {
        String segment = article.substring(article.lastIndexOf('/') + 1);
        String extension = segment.substring(segment.lastIndexOf('.') + 1).toLowerCase(Locale.ROOT);
        return !article.isEmpty() && (segment.indexOf('.') < 0 || !FILES.contains(extension));
    }

    private static String percentEncoded(MatchResult escape) {
        return "%" + (escape.group(1) == null ? ESCAPED.get(escape.group(2)) : escape.group(1));
    }

    /** UTF-8 becomes text; other octets, of Latin-1 for example, stay encoded. */
    private static String normalised(MatchResult octets) {
        String latin = URLDecoder.decode(octets.group(), StandardCharsets.ISO_8859_1);
        String utf8 = new String(latin.getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8);
        boolean isText = utf8.indexOf('\ufffd') < 0;
        Charset charset = isText ? StandardCharsets.UTF_8 : StandardCharsets.ISO_8859_1;
        return (isText ? RESERVED_OR_CONTROL.matcher(utf8) : RESERVED.matcher(latin))
                .replaceAll(c -> PERCENT.formatHex(c.group().getBytes(charset)));
    }

    /** RFC 3986, 5.2.4. */
    private static String withoutDotSegments(String path) {
        List<String> segments = new ArrayList<>();
        boolean isDots = false;
        for (String segment : path.substring(1).split("/", -1)) {
            isDots = segment.equals(".") || segment.equals("..");
            if (!isDots) {
                segments.add(segment);
            } else if (segment.equals("..") && !segments.isEmpty()) {
                segments.removeLast();
            }
        }
        return "/" + String.join("/", segments) + (isDots && !segments.isEmpty() ? "/" : "");
    }
}
