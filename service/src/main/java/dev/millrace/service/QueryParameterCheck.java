package dev.millrace.service;

import dev.millrace.service.problem.Problem;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.springframework.core.MethodParameter;
import org.springframework.http.HttpMethod;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.method.HandlerMethod;
import org.springframework.web.servlet.HandlerInterceptor;
import org.springframework.web.servlet.config.annotation.InterceptorRegistry;
import org.springframework.web.servlet.config.annotation.WebMvcConfigurer;

/**
 * Refuses a request that changes something and has a parameter that its endpoint does not declare, or one twice. A misspelt {@code dry-run} would book
 * otherwise. Reads ignore unknown parameters, since a wrong one changes nothing. Thread-safe.
 */
final class QueryParameterCheck implements HandlerInterceptor, WebMvcConfigurer {
    @Override
    public void addInterceptors(InterceptorRegistry registry) {
        registry.addInterceptor(this);
    }

    @Override
    public boolean preHandle(HttpServletRequest request, HttpServletResponse response, Object handler) {
        if (handler instanceof HandlerMethod endpoint && !isRead(request)) {
            List<String> declared = declared(endpoint);
            request.getParameterMap().forEach((name, values) -> check(name, values.length, declared));
        }
        return true;
    }

    private static boolean isRead(HttpServletRequest request) {
        return HttpMethod.GET.matches(request.getMethod()) || HttpMethod.HEAD.matches(request.getMethod());
    }

    private static List<String> declared(HandlerMethod endpoint) {
        return Arrays.stream(endpoint.getMethodParameters())
                .map(QueryParameterCheck::name)
                .filter(Objects::nonNull)
                .sorted()
                .toList();
    }

    private static @Nullable String name(MethodParameter parameter) {
        RequestParam declared = parameter.getParameterAnnotation(RequestParam.class);
        if (declared == null) {
            return null;
        }
        return declared.name().isEmpty() ? parameter.getParameter().getName() : declared.name();
    }

    private static void check(String name, int times, List<String> declared) {
        if (!declared.contains(name)) {
            throw Problem.PARAMETER_UNKNOWN.because(
                    "there is no parameter '%s' here; %s",
                    name, declared.isEmpty() ? "there are none" : "the parameters are " + String.join(", ", declared));
        }
        if (times > 1) {
            throw Problem.PARAMETER_INVALID.because("the parameter '%s' is there %d times; send it once", name, times);
        }
    }
}
