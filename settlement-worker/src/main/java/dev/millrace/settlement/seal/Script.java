package dev.millrace.settlement.seal;

import java.util.List;
import java.util.Objects;
import org.springframework.core.io.ClassPathResource;
import org.springframework.data.redis.core.StringRedisTemplate;
import org.springframework.data.redis.core.script.DefaultRedisScript;

/** One of the worker's Lua scripts; its file says what it takes and answers. */
public final class Script {
    private final StringRedisTemplate redis;
    private final DefaultRedisScript<List<Object>> script = new DefaultRedisScript<>();

    /**
     * @param file name of the resource
     */
    @SuppressWarnings({"unchecked", "rawtypes"})
    public Script(StringRedisTemplate redis, String file) {
        this.redis = redis;
        script.setLocation(new ClassPathResource(file));
        script.setResultType((Class) List.class);
    }

    /** Runs it; what it answers is never empty. */
    public List<Object> run(List<String> keys, Object... arguments) {
        String[] texts = new String[arguments.length];
        for (int i = 0; i < texts.length; i++) {
            texts[i] = String.valueOf(arguments[i]);
        }
        return Objects.requireNonNull(redis.execute(script, keys, (Object[]) texts), "a script answers");
    }
}
