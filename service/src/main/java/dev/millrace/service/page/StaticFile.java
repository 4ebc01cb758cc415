package dev.millrace.service.page;

import com.google.common.hash.Hashing;
import com.google.common.io.Resources;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URL;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.zip.Deflater;
import java.util.zip.GZIPOutputStream;
import org.springframework.http.HttpHeaders;

/** A file of this build, as it is and compressed. Nobody may change its bytes. */
public final class StaticFile {
    private static final int VERSION_DIGITS = 12;
    private static final Pattern NO_QUALITY = Pattern.compile("q=0(\\.0*)?");

    private final byte[] plain;
    private final byte[] compressed;
    private final String type;
    private final String version;

    private StaticFile(byte[] plain, String type) {
        this.plain = plain;
        this.compressed = gzip(plain);
        this.type = type;
        this.version = Hashing.sha256().hashBytes(plain).toString().substring(0, VERSION_DIGITS);
    }

    /**
     * The file of this name in the package of a class.
     *
     * @throws IllegalStateException when it is not among the classes: Maven puts it there
     */
    public static StaticFile of(Class<?> beside, String name) {
        URL resource = beside.getResource(name);
        if (resource == null) {
            throw new IllegalStateException(name + " is not among the classes; build with Maven");
        }
        return of(resource);
    }

    /** A resource; its type is that of its name. */
    public static StaticFile of(URL resource) {
        try {
            return new StaticFile(Resources.toByteArray(resource), type(resource.getPath()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String type(String name) {
        return switch (name.substring(name.lastIndexOf('.') + 1)) {
            case "html" -> "text/html;charset=utf-8";
            case "css" -> "text/css;charset=utf-8";
            case "js" -> "text/javascript;charset=utf-8";
            case "svg" -> "image/svg+xml";
            default -> throw new IllegalArgumentException(name + " is of no known type");
        };
    }

    /** UTF-8. */
    public byte[] plain() {
        return plain;
    }

    /** By gzip. */
    public byte[] compressed() {
        return compressed;
    }

    /** The first twelve hexadecimal digits of its SHA-256. */
    public String version() {
        return version;
    }

    /**
     * Answers a {@code GET} or {@code HEAD} with the file, or that the client has it already.
     *
     * @param lifetime the header {@code Cache-Control}
     */
    public void answer(HttpServletRequest request, HttpServletResponse response, String lifetime) throws IOException {
        response.setHeader(HttpHeaders.CACHE_CONTROL, lifetime);
        response.setHeader(HttpHeaders.ETAG, etag());
        response.setHeader(HttpHeaders.VARY, HttpHeaders.ACCEPT_ENCODING);
        response.setHeader("X-Content-Type-Options", "nosniff");
        if (isKnown(request)) {
            response.setStatus(HttpServletResponse.SC_NOT_MODIFIED);
            return;
        }
        response.setContentType(type);
        boolean compress = takesGzip(request);
        if (compress) {
            response.setHeader(HttpHeaders.CONTENT_ENCODING, "gzip");
        }
        byte[] body = compress ? compressed : plain;
        response.setContentLength(body.length);
        if (!request.getMethod().equals("HEAD")) {
            response.getOutputStream().write(body);
        }
    }

    /** Weak, since it stands for both encodings. */
    private String etag() {
        return "W/\"" + version + "\"";
    }

    private boolean isKnown(HttpServletRequest request) {
        String etag = etag();
        return listed(request, HttpHeaders.IF_NONE_MATCH)
                .anyMatch(known -> known.equals("*") || known.equals(etag) || ("W/" + known).equals(etag));
    }

    /** RFC 9110, section 12.5.3; the weights of others don't matter, as gzip is the only one here. */
    private static boolean takesGzip(HttpServletRequest request) {
        return listed(request, HttpHeaders.ACCEPT_ENCODING)
                .map(coding -> List.of(coding.toLowerCase(Locale.ROOT).split("\\s*;\\s*", -1)))
                .anyMatch(coding -> coding.getFirst().equals("gzip")
                        && coding.stream()
                                .noneMatch(weight -> NO_QUALITY.matcher(weight).matches()));
    }

    private static Stream<String> listed(HttpServletRequest request, String header) {
        return Collections.list(request.getHeaders(header)).stream()
                .flatMap(values -> Stream.of(values.split(",", -1)))
                .map(String::strip);
    }

    private static byte[] gzip(byte[] plain) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (GZIPOutputStream out = new SmallestGzip(bytes)) {
            out.write(plain);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    /** It is compressed once and sent for years. */
    private static final class SmallestGzip extends GZIPOutputStream {
        SmallestGzip(ByteArrayOutputStream out) throws IOException {
            super(out);
            def.setLevel(Deflater.BEST_COMPRESSION);
        }
    }
}
