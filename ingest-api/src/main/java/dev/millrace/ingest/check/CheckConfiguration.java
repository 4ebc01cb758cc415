package dev.millrace.ingest.check;

import dev.millrace.service.page.PageFileServlet;
import dev.millrace.service.page.StaticFile;
import dev.millrace.service.problem.ProblemWriter;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.springframework.boot.web.servlet.ServletRegistrationBean;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** Wires the page {@code /check}. */
@Configuration(proxyBeanMethods = false)
public class CheckConfiguration {
    private static final String ADDRESS = "/check";
    private static final List<String> FILES = List.of(
            "check.css",
            "check.js",
            "edge.js",
            "find.js",
            "judge.js",
            "policy.js",
            "show.js",
            "token.js",
            "verdicts.js");

    @Bean
    ServletRegistrationBean<PageFileServlet> check(ProblemWriter problems) {
        Map<String, StaticFile> files =
                FILES.stream().collect(Collectors.toMap(Function.identity(), CheckConfiguration::file));
        ServletRegistrationBean<PageFileServlet> check = new ServletRegistrationBean<>(
                new PageFileServlet(ADDRESS, file("check.html"), files, problems), ADDRESS, ADDRESS + "/*");
        check.setName("check");
        check.setLoadOnStartup(1);
        return check;
    }

    private static StaticFile file(String name) {
        return StaticFile.of(CheckConfiguration.class, name);
    }
}
