package dev.millrace.ingest.script;

import com.google.common.hash.Hashing;
import dev.millrace.service.page.StaticFile;
import java.util.Base64;

/**
 * The page's script as this build has it.
 *
 * @param file its content
 */
record PageScript(StaticFile file) {
    /** The build makes it of {@code src/main/js/m.js}. */
    static PageScript ofThisBuild() {
        return new PageScript(StaticFile.of(PageScript.class, "m.js"));
    }

    /** UTF-8. */
    byte[] plain() {
        return file.plain();
    }

    /** By gzip. */
    byte[] compressed() {
        return file.compressed();
    }

    /** Names it in addresses. */
    String version() {
        return file.version();
    }

    /** The value of a tag's {@code integrity}: SHA-384, as the standard Subresource Integrity wants it. */
    String integrity() {
        return "sha384-"
                + Base64.getEncoder()
                        .encodeToString(Hashing.sha384().hashBytes(plain()).asBytes());
    }
}
