package dev.millrace.lab.bench.noop;

import jakarta.servlet.http.HttpServletRequest;
import java.io.IOException;
import java.io.OutputStream;
import org.springframework.http.HttpStatus;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;

/** Reads the body away and answers 202 without content. */
@RestController
class NoopController {

    @PostMapping("/v1/events")
    @ResponseStatus(HttpStatus.ACCEPTED)
    void receive(HttpServletRequest request) throws IOException {
        request.getInputStream().transferTo(OutputStream.nullOutputStream());
    }
}
