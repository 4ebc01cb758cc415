package dev.millrace.service;

import dev.millrace.common.message.SettingException;
import java.util.regex.Pattern;
import org.springframework.context.ApplicationContextInitializer;
import org.springframework.context.ConfigurableApplicationContext;

/** Refuses a database's URL that is none or holds a password, before anything that would print it reads it. */
public final class DatabaseUrlCheck implements ApplicationContextInitializer<ConfigurableApplicationContext> {
    private static final String VARIABLE = "MILLRACE_POSTGRES_URL";
    private static final Pattern URL = Pattern.compile("jdbc:postgresql:\\S+");

    /** As a parameter, or before the host, where Postgres' driver does not take one. */
    private static final Pattern PASSWORD =
            Pattern.compile("(?s).*[?&](?i:password)=.*|[^:]*:(?:postgresql:)?//[^/?]*@.*");

    @Override
    public void initialize(ConfigurableApplicationContext context) {
        String url = context.getEnvironment().getProperty("spring.datasource.url");
        if (url != null) {
            check(url);
        }
    }

    /** @throws SettingException when it can't be used; the message does not hold it */
    public static void check(String url) {
        if (PASSWORD.matcher(url).matches()) {
            throw new SettingException(VARIABLE + " holds a user or a password; give them as MILLRACE_POSTGRES_USER and"
                    + " MILLRACE_POSTGRES_PASSWORD");
        }
        if (!URL.matcher(url).matches()) {
            throw new SettingException(VARIABLE + " is no URL of Postgres; it is jdbc:postgresql://host:port/database");
        }
    }
}
