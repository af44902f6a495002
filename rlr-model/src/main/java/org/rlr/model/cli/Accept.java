package org.rlr.model.cli;

import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Reads the HTTP header {@code Accept}, which says what answer a client prefers. */
final class Accept {
    static final String PNG = "image/png";
    static final String JSON = "application/json";

    private static final Pattern QUALITY = Pattern.compile("[qQ]=([01](?:\\.[0-9]{0,3})?)");

    private Accept() {}

    /** Returns whether a client prefers the overlay to JSON. @throws Problem if it accepts neither */
    static boolean wantsPicture(@Nullable String accept) throws Problem {
        int picture = wanted(accept, PNG);
        int json = wanted(accept, JSON);
        if (picture == 0 && json == 0) {
            throw new Problem(406, "NOT_ACCEPTABLE", "cannot answer as " + accept + "; accept " + JSON + " or " + PNG);
        }
        return picture > json;
    }

    /**
     * Returns the preference for a type in a header {@code Accept}: 0 if it is refused; at equal quality the more exact
     * range wins.
     */
    private static int wanted(@Nullable String accept, String type) {
        if (accept == null) {
            return 1;
        }
        int exact = 0;
        int wanted = 0;
        for (String range : accept.split(",", -1)) {
            String[] parts = range.split(";", -1);
            String name = parts[0].strip().toLowerCase(Locale.ROOT);
            int how = name.equals(type)
                    ? 3
                    : name.equals(type.replaceFirst("/.*", "/*")) ? 2 : name.equals("*/*") ? 1 : 0;
            if (how > exact) {
                exact = how;
                wanted = quality(parts) == 0 ? 0 : 10 * quality(parts) + how;
            }
        }
        return wanted;
    }

    /** Returns the quality in thousandths. */
    private static int quality(String... parameters) {
        for (String parameter : parameters) {
            Matcher q = QUALITY.matcher(parameter.strip());
            if (q.matches()) {
                return (int) Math.round(1000 * Double.parseDouble(q.group(1)));
            }
        }
        return 1000;
    }
}
