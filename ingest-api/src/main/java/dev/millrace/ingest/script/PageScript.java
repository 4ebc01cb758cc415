package dev.millrace.ingest.script;

import com.google.common.hash.Hashing;
import dev.millrace.service.page.StaticFile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import org.springframework.core.io.Resource;
import org.springframework.core.io.support.PathMatchingResourcePatternResolver;

/**
 * The page's script, of this build or of an earlier release.
 *
 * @param file its content
 */
record PageScript(StaticFile file) {
    private static final String RELEASED = "classpath*:dev/millrace/ingest/script/released/*.js";

    /** The build makes it of {@code src/main/js/m.js}. */
    static PageScript ofThisBuild() {
        return new PageScript(StaticFile.of(PageScript.class, "m.js"));
    }

    /**
     * Those of earlier releases, which pages may have pinned: each file of the folder {@code released} beside this class, named by its version.
     *
     * @throws IllegalStateException when a file's content is not of the version that its name says
     */
    static List<PageScript> released() {
        try {
            List<PageScript> released = new ArrayList<>();
            for (Resource resource :
                    new PathMatchingResourcePatternResolver(PageScript.class.getClassLoader()).getResources(RELEASED)) {
                PageScript script = new PageScript(StaticFile.of(resource.getURL()));
                if (!script.name().equals(resource.getFilename())) {
                    throw new IllegalStateException("%s is changed, or misnamed: its version is %s"
                            .formatted(resource.getFilename(), script.version()));
                }
                released.add(script);
            }
            return released;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
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

    /** As it stands in addresses, {@code <version>.js}. */
    String name() {
        return version() + ".js";
    }

    /** The value of a tag's {@code integrity}: SHA-384, as the standard Subresource Integrity wants it. */
    String integrity() {
        return "sha384-"
                + Base64.getEncoder()
                        .encodeToString(Hashing.sha384().hashBytes(plain()).asBytes());
    }
}
