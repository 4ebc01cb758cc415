package dev.millrace.ingest.script;

import com.google.common.hash.Hashing;
import com.google.common.io.Resources;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URL;
import java.util.Base64;
import java.util.zip.Deflater;
import java.util.zip.GZIPOutputStream;

/** The page's script as this build has it. Nobody may change its bytes. */
final class PageScript {
    private static final int VERSION_DIGITS = 12;

    private final byte[] plain;
    private final byte[] compressed;
    private final String version;

    private PageScript(byte[] plain) {
        this.plain = plain;
        this.compressed = gzip(plain);
        this.version = Hashing.sha256().hashBytes(plain).toString().substring(0, VERSION_DIGITS);
    }

    /** The build makes it of {@code src/main/js/m.js}. */
    static PageScript ofThisBuild() {
        URL resource = PageScript.class.getResource("m.js");
        if (resource == null) {
            throw new IllegalStateException("m.js is not among the classes; build with Maven, which minifies it");
        }
        try {
            return new PageScript(Resources.toByteArray(resource));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** UTF-8. */
    byte[] plain() {
        return plain;
    }

    /** By gzip. */
    byte[] compressed() {
        return compressed;
    }

    /** The first twelve hexadecimal digits of its SHA-256, which name it in addresses. */
    String version() {
        return version;
    }

    /** The value of a tag's {@code integrity}: SHA-384, as the standard Subresource Integrity wants it. */
    String integrity() {
        return "sha384-"
                + Base64.getEncoder()
                        .encodeToString(Hashing.sha384().hashBytes(plain).asBytes());
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
