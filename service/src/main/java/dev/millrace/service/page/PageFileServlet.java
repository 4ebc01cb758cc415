package dev.millrace.service.page;

import dev.millrace.service.problem.Methods;
import dev.millrace.service.problem.Problem;
import dev.millrace.service.problem.ProblemException;
import dev.millrace.service.problem.ProblemWriter;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;

/**
 * A page of a service at an address, and its files below that. Its scripts and styles are files of the service's own. They ask this service alone, no other
 * site shows the page in a frame, and no link tells where a reader came from.
 */
public final class PageFileServlet extends HttpServlet {
    /** The stylesheet that all pages share. */
    public static final String STYLES = "millrace.css";

    /** The picture in a browser's tab. */
    public static final String ICON = "icon.svg";

    /** The one policy of trusted types is for a text that is parsed and never shown. */
    private static final String POLICY =
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self';"
                    + " base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types inert";

    private static final long serialVersionUID = 1L;

    private final String address;
    private final transient Map<String, StaticFile> files;
    private final transient ProblemWriter problems;

    /**
     * @param address of the page, such as {@code /check}
     * @param page its HTML
     * @param files by their names; the shared stylesheet and icon come with them
     */
    public PageFileServlet(String address, StaticFile page, Map<String, StaticFile> files, ProblemWriter problems) {
        this.address = address;
        this.files = new HashMap<>();
        files.forEach((name, file) -> this.files.put(address + "/" + name, file));
        this.files.put(address, page);
        for (String shared : new String[] {STYLES, ICON}) {
            this.files.put(address + "/" + shared, StaticFile.of(PageFileServlet.class, shared));
        }
        this.problems = problems;
    }

    @Override
    protected void service(HttpServletRequest request, HttpServletResponse response) throws IOException {
        response.setHeader("Content-Security-Policy", POLICY);
        response.setHeader("Referrer-Policy", "no-referrer");
        response.setHeader("Cross-Origin-Opener-Policy", "same-origin");
        response.setHeader("Cross-Origin-Resource-Policy", "same-origin");
        response.setHeader("X-Content-Type-Options", "nosniff");
        response.setHeader("X-Robots-Tag", "noindex");
        try {
            answer(request, response);
        } catch (ProblemException problem) {
            response.setHeader("Cache-Control", "no-store");
            problems.write(request, response, problem);
        }
    }

    private void answer(HttpServletRequest request, HttpServletResponse response) throws IOException {
        Methods.requireRead(request);
        String path = request.getServletPath() + (request.getPathInfo() == null ? "" : request.getPathInfo());
        if (path.equals(address + "/")) {
            // The page's links are relative to the address without the slash, whatever stands before it at a proxy.
            response.setStatus(HttpServletResponse.SC_MOVED_PERMANENTLY);
            response.setHeader("Location", ".." + address);
            return;
        }
        StaticFile file = files.get(path);
        if (file == null) {
            throw Problem.NOT_FOUND.because("there is no page '%s' here", path);
        }
        file.answer(request, response, "no-cache");
    }
}
