package org.rlr.model.config;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;
import org.rlr.tensor.InvalidSettingException;

/** Enum constants of settings with their names in files and messages: {@code zero-steps} for {@code ZERO_STEPS}. */
final class Constants {
    private Constants() {}

    static String name(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** The constant of a name. @throws InvalidSettingException for an unknown name, listing the known ones */
    static <E extends Enum<E>> E of(E[] constants, String setting, String name) {
        for (E each : constants) {
            if (name(each).equals(name)) {
                return each;
            }
        }
        String names = Arrays.stream(constants).map(Constants::name).collect(Collectors.joining(", "));
        int last = names.lastIndexOf(", ");
        String allowed = names.substring(0, last) + " or " + names.substring(last + 2);
        throw new InvalidSettingException(
                setting,
                name,
                allowed,
                "unknown " + setting + " '" + name + "'",
                "choose " + allowed + " with `" + setting + "`");
    }
}
