package dev.millrace.lab.path;

import java.awt.image.BufferedImage;
import java.awt.image.DataBuffer;
import java.awt.image.IndexColorModel;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import javax.imageio.ImageIO;

/** Keeps a screenshot as a small PNG: with the 256 colours that it has most of, the nearest of these for all others. */
final class Picture {
    private static final int COLORS = 256;

    private Picture() {}

    static void save(byte[] screenshot, Path file) throws IOException {
        BufferedImage shot = ImageIO.read(new ByteArrayInputStream(screenshot));
        int width = shot.getWidth();
        int height = shot.getHeight();
        int[] pixels = shot.getRGB(0, 0, width, height, null, 0, width);
        Map<Integer, Integer> counts = new HashMap<>();
        IntStream.of(pixels).forEach(pixel -> counts.merge(pixel, 1, Integer::sum));
        List<Integer> palette = counts.entrySet().stream()
                .sorted(Map.Entry.<Integer, Integer>comparingByValue().reversed())
                .limit(COLORS)
                .map(Map.Entry::getKey)
                .toList();
        int[] colors = palette.stream().mapToInt(Integer::intValue).toArray();
        IndexColorModel model =
                new IndexColorModel(Byte.SIZE, colors.length, colors, 0, false, -1, DataBuffer.TYPE_BYTE);
        BufferedImage small = new BufferedImage(width, height, BufferedImage.TYPE_BYTE_INDEXED, model);
        Map<Integer, Integer> places = new HashMap<>();
        for (int i = 0; i < pixels.length; i++) {
            int place = places.computeIfAbsent(pixels[i], pixel -> nearest(pixel, colors));
            small.getRaster().setSample(i % width, i / width, 0, place);
        }
        Files.createDirectories(file.getParent());
        ImageIO.write(small, "png", file.toFile());
    }

    private static int nearest(int pixel, int[] colors) {
        return IntStream.range(0, colors.length)
                .boxed()
                .min(Comparator.comparingInt(place -> distance(pixel, colors[place])))
                .orElseThrow();
    }

    private static int distance(int one, int other) {
        int sum = 0;
        for (int shift = 0; shift < 24; shift += Byte.SIZE) {
            int difference = (one >> shift & 0xff) - (other >> shift & 0xff);
            sum += difference * difference;
        }
        return sum;
    }
}
