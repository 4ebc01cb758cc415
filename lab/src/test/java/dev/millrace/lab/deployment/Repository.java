package dev.millrace.lab.deployment;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;

/** The files of the source tree, by their path from its root. */
final class Repository {

    /** Surefire says where the module is; the root is the folder above it. */
    private static final Path ROOT = Path.of(System.getProperty("basedir", "."))
            .toAbsolutePath()
            .resolve("..")
            .normalize();

    private Repository() {}

    static Path path(String path) {
        return ROOT.resolve(path);
    }

    static String text(String path) {
        try {
            return Files.readString(path(path));
        } catch (IOException e) {
            throw new UncheckedIOException("deployment refers to " + path, e);
        }
    }

    /** The file's one document. */
    static Node yaml(String path) {
        List<Node> documents = documents(path);
        if (documents.size() != 1) {
            throw new AssertionError(path + " has " + documents.size() + " documents");
        }
        return documents.getFirst();
    }

    /** A key that stands twice in one map is an error. */
    static List<Node> documents(String path) {
        LoaderOptions options = new LoaderOptions();
        options.setAllowDuplicateKeys(false);
        List<Node> documents = new ArrayList<>();
        new Yaml(new SafeConstructor(options))
                .loadAll(text(path))
                .forEach(document -> documents.add(new Node(path, document)));
        return documents;
    }

    static List<String> files(String folder, Pattern name) {
        try (var files = Files.list(path(folder))) {
            return files.map(file -> file.getFileName().toString())
                    .filter(file -> name.matcher(file).matches())
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** All that the pattern's first group matches in the text, in order. */
    static List<String> all(Pattern pattern, String text) {
        return pattern.matcher(text).results().map(match -> match.group(1)).toList();
    }
}
