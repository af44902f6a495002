package org.rlr.model.cli;

import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The header {@code Accept} of HTTP: the answer that a client would rather have. */
final class Accept {
    static final String PNG = "image/png";
    static final String JSON = "application/json";

    private static final Pattern QUALITY = Pattern.compile("[qQ]=([01](?:\\.[0-9]{0,3})?)");

    private Accept() {}

    /** Whether a client would rather have the overlay than JSON. @throws Problem if it accepts neither */
    static boolean wantsPicture(@Nullable String accept) throws Problem {
        int picture = wanted(accept, PNG);
        int json = wanted(accept, JSON);
        if (picture == 0 && json == 0) {
            throw new Problem(
                    406, "NOT_ACCEPTABLE", "the answer can be " + JSON + " or " + PNG + ", and not " + accept);
        }
        return picture > json;
    }

    /**
     * How much a type is wanted by a header {@code Accept}: 0 for not at all; of equal ones the more exact counts more.
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

    /** In thousandths. */
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
