package org.rlr.model.cli;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.rlr.tensor.io.Sha256;

/** The web page of a service. */
final class ServePage {
    private ServePage() {}

    /** Returns the content of a file beside this class. */
    static byte[] resource(String name) {
        try (InputStream in = ServePage.class.getResourceAsStream(name)) {
            if (in == null) {
                throw new IllegalStateException("the resource " + name + " is missing");
            }
            return in.readAllBytes();
        } catch (IOException e) {
            throw new IllegalStateException("the resource " + name + " cannot be read", e);
        }
    }

    /** Returns the page, with a policy that allows only its own script and style and no requests to other sites. */
    static Reply page() {
        byte[] html = resource("serve.html");
        String text = new String(html, StandardCharsets.UTF_8);
        String policy = "default-src 'none'; script-src " + hash(text, "script") + "; style-src " + hash(text, "style")
                + "; img-src 'self' blob: data:; media-src blob:; connect-src 'self'; base-uri 'none';"
                + " form-action 'none'; frame-ancestors 'none'";
        return Reply.of("text/html; charset=utf-8", html)
                .with(Map.of(
                        "Content-Security-Policy", policy,
                        "Permissions-Policy", "camera=(self), microphone=(), geolocation=()",
                        "Referrer-Policy", "no-referrer",
                        "Cache-Control", "no-cache"));
    }

    /** Returns the hash of an element's content, as written in a policy. */
    private static String hash(String html, String element) {
        Matcher content = Pattern.compile("<" + element + ">(.*?)</" + element + ">", Pattern.DOTALL)
                .matcher(html);
        if (!content.find()) {
            throw new IllegalStateException("the page has no " + element);
        }
        byte[] digest = new Sha256()
                .add(content.group(1).getBytes(StandardCharsets.UTF_8))
                .bytes();
        return "'sha256-" + Base64.getEncoder().encodeToString(digest) + "'";
    }
}
