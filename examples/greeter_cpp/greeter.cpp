// Greets when somebody smiles: once a smile, and not again before the face was something else.
#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include "fer_msgs/msg/emotion_array.hpp"
#include "rclcpp/rclcpp.hpp"
#include "std_msgs/msg/string.hpp"

constexpr double HOLD = 0.5;  // seconds that a smile must last, by the stamps of the frames

// Reads `emotions`, publishes what to say on `say`.
class Greeter : public rclcpp::Node
{
public:
  Greeter() : Node("greeter"), say_(create_publisher<std_msgs::msg::String>("say", 10))
  {
    emotions_ = create_subscription<fer_msgs::msg::EmotionArray>(
      "emotions", 10, [this](const fer_msgs::msg::EmotionArray & message) {hear(message);});
  }

private:
  void hear(const fer_msgs::msg::EmotionArray & message)
  {
    const double now = rclcpp::Time(message.header.stamp).seconds();
    std::map<uint32_t, double> since;
    std::set<uint32_t> greeted;
    for (const auto & emotion : message.emotions) {
      const auto face = emotion.face_id;
      if (emotion.label != "happy" || emotion.confidence <= 0.7) {continue;}
      since[face] = since_.count(face) ? since_[face] : now;
      if (greeted_.count(face)) {greeted.insert(face);}
      if (now - since[face] >= HOLD && greeted.insert(face).second) {
        RCLCPP_INFO(get_logger(), "hello, face %u", face);
        say_->publish(std_msgs::msg::String().set__data("Hello! Nice to see you smile."));
      }
    }
    since_ = since;
    greeted_ = greeted;
  }

  std::map<uint32_t, double> since_;
  std::set<uint32_t> greeted_;
  rclcpp::Publisher<std_msgs::msg::String>::SharedPtr say_;
  rclcpp::Subscription<fer_msgs::msg::EmotionArray>::SharedPtr emotions_;
};

int main(int argc, char ** argv)
{
  rclcpp::init(argc, argv);
  rclcpp::spin(std::make_shared<Greeter>());
  rclcpp::shutdown();
}
