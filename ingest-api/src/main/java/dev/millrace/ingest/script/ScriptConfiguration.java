package dev.millrace.ingest.script;

import dev.millrace.service.problem.ProblemWriter;
import org.springframework.boot.web.servlet.ServletRegistrationBean;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** Wires the script's two addresses. */
@Configuration(proxyBeanMethods = false)
public class ScriptConfiguration {
    @Bean
    ServletRegistrationBean<ScriptServlet> script(ProblemWriter problems) {
        ServletRegistrationBean<ScriptServlet> script = new ServletRegistrationBean<>(
                new ScriptServlet(PageScript.ofThisBuild(), PageScript.released(), problems),
                ScriptServlet.CURRENT,
                ScriptServlet.VERSIONS);
        script.setName("script");
        script.setLoadOnStartup(1);
        return script;
    }
}
