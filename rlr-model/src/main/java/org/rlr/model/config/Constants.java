package org.rlr.model.config;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;
import org.rlr.tensor.InvalidSettingException;

/** The constants of settings by their names in files and messages: {@code zero-steps} for {@code ZERO_STEPS}. */
final class Constants {
    private Constants() {}

    static String name(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** The constant of that name. @throws InvalidSettingException naming the setting and the names that there are */
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
                setting + " '" + name + "' does not exist",
                "choose " + allowed + " with `" + setting + "`");
    }
}
