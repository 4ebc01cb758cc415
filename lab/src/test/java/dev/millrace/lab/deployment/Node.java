package dev.millrace.lab.deployment;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A place in a parsed YAML or JSON file. Asking for what isn't there fails, naming the place. */
record Node(String where, @Nullable Object value) {

    Node at(Object... path) {
        Node node = this;
        for (Object step : path) {
            node = node.step(step);
        }
        return node;
    }

    private Node step(Object step) {
        Object found = switch (value) {
            case Map<?, ?> map when step instanceof String -> map.get(step);
            case List<?> list when step instanceof Integer index && index < list.size() -> list.get(index);
            case null, default -> null;
        };
        if (found == null) {
            throw new AssertionError("nothing at " + where + " / " + step);
        }
        return new Node(where + " / " + step, found);
    }

    boolean has(String key) {
        return value instanceof Map<?, ?> map && map.get(key) != null;
    }

    /** A scalar as it stands in the file; 8080 and "8080" are the same. */
    String text() {
        if (value == null || value instanceof Map || value instanceof List) {
            throw new AssertionError("no scalar at " + where);
        }
        return value.toString();
    }

    int number() {
        return Integer.parseInt(text());
    }

    List<Node> items() {
        if (!(value instanceof List<?> list)) {
            throw new AssertionError("no list at " + where);
        }
        List<Node> items = new ArrayList<>();
        list.forEach(item -> items.add(new Node(where + " / " + items.size(), item)));
        return items;
    }

    List<String> texts() {
        return items().stream().map(Node::text).toList();
    }

    Map<String, Node> fields() {
        if (!(value instanceof Map<?, ?> map)) {
            throw new AssertionError("no map at " + where);
        }
        Map<String, Node> fields = new LinkedHashMap<>();
        map.forEach((key, field) -> fields.put(key.toString(), new Node(where + " / " + key, field)));
        return fields;
    }
}
