package org.example.inspection;

import org.rlr.model.data.ImageException;
import org.rlr.tensor.CancelledException;
import org.rlr.tensor.InvalidSettingException;
import org.rlr.tensor.ResourceException;
import org.rlr.tensor.RlrException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.ProblemDetail;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.RestControllerAdvice;

/** Maps exceptions to HTTP statuses. */
@RestControllerAdvice
class Failures {
    private static final Logger LOG = LoggerFactory.getLogger(Failures.class);
    private static final String RETRY_SECONDS = "5";

    /** The image is invalid. */
    @ExceptionHandler
    ProblemDetail image(ImageException e) {
        HttpStatus status = e.reason() == ImageException.Reason.TOO_LARGE
                ? HttpStatus.CONTENT_TOO_LARGE
                : HttpStatus.BAD_REQUEST;
        ProblemDetail problem = ProblemDetail.forStatusAndDetail(status, e.getMessage());
        problem.setProperty("reason", e.reason());
        return problem;
    }

    /** The model has no threshold for the product. */
    @ExceptionHandler
    ProblemDetail setting(InvalidSettingException e) {
        return ProblemDetail.forStatusAndDetail(HttpStatus.BAD_REQUEST, e.getMessage());
    }

    /** Too many requests wait, memory is short, or the service is shutting down: a retry may succeed. */
    @ExceptionHandler({ResourceException.class, CancelledException.class})
    ResponseEntity<ProblemDetail> busy(RlrException e) {
        LOG.warn(e.explanation());
        return ResponseEntity.status(HttpStatus.SERVICE_UNAVAILABLE)
                .header(HttpHeaders.RETRY_AFTER, RETRY_SECONDS)
                .body(ProblemDetail.forStatusAndDetail(HttpStatus.SERVICE_UNAVAILABLE, "try again later"));
    }

    /** The model is invalid, or there is another error that the sender cannot fix. */
    @ExceptionHandler
    ProblemDetail other(RlrException e) {
        LOG.error(e.explanation(), e);
        return ProblemDetail.forStatus(HttpStatus.INTERNAL_SERVER_ERROR);
    }
}
