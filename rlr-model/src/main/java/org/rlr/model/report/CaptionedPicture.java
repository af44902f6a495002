package org.rlr.model.report;

import org.rlr.model.data.RgbImage;

/**
 * A picture and what it shows.
 *
 * @param caption a few words in lower case
 * @param picture the picture, without the caption
 */
public record CaptionedPicture(String caption, RgbImage picture) {
    /** The picture below its caption. */
    RgbImage drawn() {
        return Captions.above(picture, caption);
    }
}
