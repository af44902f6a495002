package org.rlr.model.cli;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.rlr.model.data.ImageSize;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/**
 * Converts a size in pixels: one side, or {@code HEIGHTxWIDTH}, the order of PyTorch. The model checks whether it
 * accepts the size.
 */
final class ImageSizeConverter implements ITypeConverter<ImageSize> {
    private static final Pattern SIZE = Pattern.compile("(-?\\d{1,9})(?:[x×](-?\\d{1,9}))?");

    @Override
    public ImageSize convert(String text) {
        Matcher size = SIZE.matcher(text);
        if (!size.matches()) {
            throw new TypeConversionException("'" + text
                    + "' is not a size in pixels, such as 256, or 256x384 for a height of 256 and a width of 384");
        }
        int height = Integer.parseInt(size.group(1));
        return new ImageSize(size.group(2) == null ? height : Integer.parseInt(size.group(2)), height);
    }
}
