package org.rlr.model.cli;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.rlr.model.config.Normalization;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/**
 * The value of the option for the normalisation of pixels.
 *
 * @param value mean and deviation; null to use those of the backbone
 */
record NormalizationOption(@Nullable Normalization value) {
    /** Reads {@code imagenet}, {@code backbone}, or {@code MEAN/DEVIATION} with one or three numbers each. */
    static final class Converter implements ITypeConverter<NormalizationOption> {
        private static final String NUMBERS = "([^,/]+)(?:,([^,/]+),([^,/]+))?";
        private static final Pattern MEAN_AND_DEVIATION = Pattern.compile(NUMBERS + "/" + NUMBERS);

        @Override
        public NormalizationOption convert(String text) {
            if (text.equals("imagenet")) {
                return new NormalizationOption(Normalization.IMAGENET);
            }
            if (text.equals("backbone")) {
                return new NormalizationOption(null);
            }
            Matcher numbers = MEAN_AND_DEVIATION.matcher(text);
            try {
                if (numbers.matches()) {
                    return new NormalizationOption(new Normalization(three(numbers, 1), three(numbers, 4)));
                }
            } catch (NumberFormatException e) {
                throw new TypeConversionException(unknown(text));
            } catch (IllegalArgumentException e) {
                throw new TypeConversionException("'" + text + "': " + e.getMessage());
            }
            throw new TypeConversionException(unknown(text));
        }

        private static String unknown(String text) {
            return "'" + text + "' is not imagenet, backbone or MEAN/DEVIATION, such as 0.5/0.5";
        }

        private static float[] three(Matcher numbers, int first) {
            float[] values = new float[3];
            for (int i = 0; i < values.length; i++) {
                String number = numbers.group(first + i);
                values[i] = Float.parseFloat(number != null ? number : numbers.group(first));
            }
            return values;
        }
    }
}
